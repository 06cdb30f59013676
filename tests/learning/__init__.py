"""What the demo must have learnt, and that a broken pipeline does not learn it."""
