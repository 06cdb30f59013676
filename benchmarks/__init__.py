"""Side-by-side measurements: each prints a ratio against a named peer from one run."""
