"""What a study spent: time, memory, FLOPs, and what its budgets bought."""
