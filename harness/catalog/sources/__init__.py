"""Readers of published formats and the generated world: one module for each way data come in."""
