"""Numbers and ids that are kept as text."""
