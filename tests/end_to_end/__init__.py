"""Whole sweeps with the real worker."""
