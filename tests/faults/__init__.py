"""Faults that users meet, injected on purpose."""
