"""A machine as it is found: compilers by PATH, names by the resolver, variables without secrets."""

import os
import socket
from pathlib import Path

import pytest

from harness.files import host
from harness.files.host import resolved, this_host, tools
from harness.files.survey import Process, Sharing, Survey, read_survey, write_survey


def executable(path: Path) -> str:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_compilers_are_looked_for_on_the_path_alone(tmp_path: Path) -> None:
    assert tools(str(tmp_path), None) == {"C++ compiler": None, "ninja": None}
    compiler, ninja = executable(tmp_path / "g++"), executable(tmp_path / "ninja")
    assert tools(str(tmp_path), None) == {"C++ compiler": compiler, "ninja": ninja}
    assert tools(str(tmp_path), "/no/such/c++")["C++ compiler"] is None
    own = executable(tmp_path / "my-c++")
    assert tools(str(tmp_path), "my-c++")["C++ compiler"] == own


def test_names_that_nobody_knows_have_no_address() -> None:
    assert resolved("no.such.host.invalid") == ()
    assert "127.0.0.1" in resolved("localhost")


def test_a_host_is_what_the_system_says_without_its_secrets() -> None:
    found = this_host({"PATH": "", "GLOO_SOCKET_IFNAME": "eth0", "MLFLOW_TRACKING_TOKEN": "hidden"}, ["one"])
    assert (found.name, found.cores) == (socket.gethostname(), len(os.sched_getaffinity(0)))
    assert found.variables == {"GLOO_SOCKET_IFNAME": "eth0"}
    assert "hidden" not in str(found)
    assert found.devices == ("one",)
    assert any("127.0.0.1" in each.addresses and each.up for each in found.interfaces)
    assert len(found.versions["harness"]) == 12


def test_other_code_has_another_digest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = host._code()
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness" / "__init__.py").write_text("")
    monkeypatch.setattr(host.harness, "__file__", str(tmp_path / "harness" / "__init__.py"))
    assert host._code() != before


def test_a_survey_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_survey(tmp_path) is None
    survey = Survey(
        (Process(0, "a", Sharing(read=True, found=True), this_host({})), Process(1, "a", Sharing(True, False)))
    )
    write_survey(tmp_path, survey)
    assert read_survey(tmp_path) == survey
    assert [host.name for host in survey.hosts] == [socket.gethostname()]
