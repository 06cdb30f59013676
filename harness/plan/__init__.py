"""Pure reasoning about a sweep: which phases, in which order, at what cost, on how many processes."""
