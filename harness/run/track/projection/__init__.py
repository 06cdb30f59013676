"""What MLflow shall hold of a study, as values, and the writing of it."""
