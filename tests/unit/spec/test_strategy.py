"""A memory strategy says how memory is used, completely and concretely, and nothing that changes a number."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.spec.errors import HarnessError
from harness.spec.load import build, from_json
from harness.spec.strategy import Strategy

FILES = sorted((Path(__file__).resolve().parents[3] / "ds_configs").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_a_file_says_reaches_deepspeed_unchanged(path: Path) -> None:
    assert from_json(Strategy, path.read_text(), str(path)).options == json.loads(path.read_text())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stage": 7}, "'zero_optimization.stage' is 7, but it should be less than or equal to 3"),
        ({"stage": "auto"}, "'zero_optimization.stage' is \"auto\", but it should be a valid integer"),
        ({"reduce_bucket_size": "auto"}, "'zero_optimization.reduce_bucket_size' is \"auto\""),
        ({"reduce_buket_size": 1}, "'zero_optimization.reduce_buket_size'; did you mean 'reduce_bucket_size'?"),
        ({"zero_quantized_gradients": True}, "zero_quantized_gradients needs ZeRO stage 3, not 1"),
        ({"zero_hpz_partition_size": "node"}, "zero_hpz_partition_size needs ZeRO stage 3, not 1"),
        ({"stage": 3, "zero_hpz_partition_size": "host"}, "but it should be a valid integer, or it should be 'node'"),
        ({"mics_shard_size": 8}, "unknown key 'zero_optimization.mics_shard_size'"),
        ({"offload_optimizer": {"device": "nvme"}}, "offload_optimizer on nvme needs ZeRO stage 3, not 1"),
        ({"offload_optimizer": {"device": "nvme", "nvme_path": "/a"}}, "offload_optimizer.nvme_path'"),
        ({"offload_param": {"device": "cpu"}}, "offload_param needs ZeRO stage 3"),
        ({"stage": 0, "offload_optimizer": {"device": "cpu"}}, "offload_optimizer needs ZeRO stage 1, 2 or 3"),
    ],
)
def test_what_is_not_about_memory_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(HarnessError) as raised:
        build(Strategy, {"zero_optimization": {"stage": 1, **changes}}, "mine.json")
    assert sentence in str(raised.value)
