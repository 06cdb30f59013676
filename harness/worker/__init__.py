"""One launch on many accelerators: the only room that imports torch or deepspeed."""
