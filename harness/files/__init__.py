"""What both sides of the launch read and write: the layout of a run folder, atomic writes, leases, journals."""
