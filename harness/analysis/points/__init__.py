"""The rows of a study: points with their scores, costs and gains, and how languages are split."""
