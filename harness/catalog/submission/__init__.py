"""Submissions: labels and predictions in the benchmark's own files, which `harness score` reads and `export` writes."""
