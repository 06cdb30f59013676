"""Tasks: one short file each, intermediate and target alike."""
