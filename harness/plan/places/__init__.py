"""Where a phase runs: strategies, micro-batches, time of a step, the search, and what to change where nothing fits."""
