"""Effects on the control side: the run folder, the conductor, scores, MLflow, launches."""
