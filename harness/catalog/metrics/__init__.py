"""Metrics: one pure function a file, from gold examples and predictions to scores in percent."""
