"""What exists: models, tasks, metrics and languages, one file each; the file's name is the name."""
