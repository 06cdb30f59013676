"""Clocks of the nodes: leases of other hosts are judged by them."""

from collections.abc import Sequence

from harness.files.survey import Process
from harness.run.doctor.finding import Finding, error, ok, warning

CHECK = "clocks"
MOST = 1.0  # seconds
STALE = 30.0  # half of the time after which a lease without a heartbeat counts as dead
REMEDY = "let chrony or ntpd set the clock of every node"


def check_clocks(processes: Sequence[Process]) -> list[Finding]:
    """A finding for each node whose clock is wrong, by more than the measurement can be."""
    asked = [(process.host_name, process.clock) for process in processes if process.clock]
    found = []
    for name, clock in asked:
        surely = abs(clock.ahead) - clock.doubt
        if surely > MOST:
            how = "ahead of" if clock.ahead > 0 else "behind"
            says = f"that of {name} is {abs(clock.ahead):.1f} s {how} that of {asked[0][0]}"
            found.append((error if surely > STALE else warning)(CHECK, says, REMEDY))
    largest = max((abs(clock.ahead) + clock.doubt for _, clock in asked), default=0.0)
    return found or [ok(CHECK, f"within {max(largest, 0.001):.3f} s on {len(asked)} node{'s' * (len(asked) != 1)}")]
