"""The conductor: it claims phases, launches them, and settles what came of it."""
