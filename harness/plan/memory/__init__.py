"""What a phase takes of each memory, and how much room a cluster has."""
