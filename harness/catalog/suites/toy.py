"""The toy suite: every target of the generated world."""

from harness.spec.suite import Suite

SUITE = Suite("toy", tasks=("toy_polarity", "toy_nli", "toy_senses", "toy_qa", "toy_choice", "toy_retrieval"))
