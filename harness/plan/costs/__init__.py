"""What phases cost before they are run: steps, mixtures, lengths and padding, estimates, budgets."""
