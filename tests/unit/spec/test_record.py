"""Records of earlier versions still load, and what they did not measure is None and not 0."""

import json

from harness.spec.load import dump, from_json
from harness.spec.record import Cost, Record

RECORD = Record("0123456789ab", "made", Cost(), {}, "", "now", "exact", wall_seconds=1.5, peak_memory_bytes=2**20)


def test_a_record_read_back_is_the_same() -> None:
    assert from_json(Record, json.dumps(dump(RECORD)), "record.json") == RECORD


def test_a_record_without_time_and_memory_loads() -> None:
    old = {name: value for name, value in dump(RECORD).items() if name not in ("wall_seconds", "peak_memory_bytes")}
    loaded = from_json(Record, json.dumps(old), "record.json")
    assert (loaded.wall_seconds, loaded.peak_memory_bytes) == (None, None)
