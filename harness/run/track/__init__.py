"""From records to scores, and from both to MLflow and the report."""
