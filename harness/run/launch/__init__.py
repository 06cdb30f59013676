"""Launchers: one file each, from a module of the worker and its arguments to a child process."""
