"""Tests: unit mirrors harness/, and contract, golden, parity and end_to_end stand beside it."""
