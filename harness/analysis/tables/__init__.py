"""The tables of an answer."""
