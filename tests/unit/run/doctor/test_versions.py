"""Versions that differ between nodes, that are too old, or that are not there."""

import importlib.metadata
from collections.abc import Callable

import pytest
from packaging.specifiers import SpecifierSet

from harness.files.host import Host
from harness.run.doctor.versions import check_versions, required

NEEDED = {"Python": SpecifierSet(">=3.11"), "torch": SpecifierSet(">=2.10,<2.14")}


def test_the_same_on_all_nodes_is_told_once(host: Callable[..., Host]) -> None:
    (found,) = check_versions([host(), host(name="b")], NEEDED)
    assert found.level == "ok"
    assert found.says.startswith("Python 3.11.7, harness 0123456789ab, torch 2.13.0+cpu")
    assert found.says.endswith("the same on 2 nodes")


def test_another_version_on_one_node_names_it(host: Callable[..., Host]) -> None:
    other = host(name="c", versions={**host().versions, "torch": "2.12.0"})
    (found,) = check_versions([host(), host(name="b"), other], NEEDED)
    assert (found.level, found.says) == ("error", "torch differs: 2.13.0+cpu on a, b; 2.12.0 on c")
    assert "from one checkout" in found.remedy


def test_other_code_of_the_harness_and_a_package_that_one_node_lacks(host: Callable[..., Host]) -> None:
    versions = {key: version for key, version in host().versions.items() if key != "deepspeed"}
    other = host(name="b", versions={**versions, "harness": "ffffffffffff"})
    said = [finding.says for finding in check_versions([host(), other], NEEDED)]
    assert said == [
        "harness differs: 0123456789ab on a; ffffffffffff on b",
        "deepspeed differs: 0.19.8 on a; missing on b",
    ]


@pytest.mark.parametrize(
    ("name", "version", "says"),
    [
        ("torch", "2.9.1", "torch is 2.9.1 on a, but <2.14,>=2.10 is needed"),
        ("Python", "3.10.2", "Python is 3.10.2 on a, but >=3.11 is needed"),
    ],
)
def test_what_the_harness_is_not_made_for_is_an_error(
    host: Callable[..., Host], name: str, version: str, says: str
) -> None:
    (found,) = check_versions([host(versions={**host().versions, name: version})], NEEDED)
    assert (found.level, found.says) == ("error", says)


def test_a_package_that_is_nowhere_is_an_error(host: Callable[..., Host]) -> None:
    (found,) = check_versions([host(versions={"Python": "3.11.7"})], NEEDED)
    assert (found.level, found.says) == ("error", "torch is not installed on a")


def test_what_is_needed_is_what_the_installed_harness_says() -> None:
    needed = required()
    assert needed is not None
    assert not needed["Python"].contains("3.10")
    assert needed["torch"].contains(importlib.metadata.version("torch").partition("+")[0])
    assert "mlflow" not in needed


def test_a_harness_that_is_not_installed_is_told(host: Callable[..., Host], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.run.doctor.versions.DISTRIBUTION", "no-such-distribution")
    (found,) = check_versions([host()], required())
    assert (found.level, found.says) == ("warning", "the harness is not installed on a, so what it needs is not known")
