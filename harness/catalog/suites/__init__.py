"""Suites of target tasks, one file each; the file's name is the name that a sweep's `targets` may give."""
