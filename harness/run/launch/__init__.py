"""Launchers: one file each, from an ordered group of phases to a child process."""
