"""The report of a study and the files beside it."""
