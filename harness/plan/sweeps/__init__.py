"""From a sweep file to its points and their phases: specs made concrete, chains, roots, leaves, what must hold."""
