"""The same numbers under every placement."""
