"""A launch on several hosts: an agent on each, reached through a remote shell."""
