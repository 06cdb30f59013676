"""Gain against compute, and against model size."""
