"""Launches that a scheduler starts: Slurm and Kubernetes."""
