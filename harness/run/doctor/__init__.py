"""`harness doctor`: what a cluster is like before a long run: findings with their remedies, and rates."""
