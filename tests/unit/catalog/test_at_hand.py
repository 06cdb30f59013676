"""What lies where a file should: folders, links and closed folders are told, never taken for absent files."""

import errno
import os
from pathlib import Path

import pytest

from harness.catalog.data import present
from harness.catalog.sources import tagged_lines
from harness.catalog.sources.at_hand import is_there, matching
from harness.catalog.sources.published import Files, Layout
from harness.spec.errors import HarnessError

SOURCE = Files((Layout(("test",), ("{language}.tsv",), lambda paths, language: iter(()), {}),), ("sw",))


def closed(monkeypatch, name: str) -> None:
    """Makes looking into the folder `name` fail, as for people who have no right to it."""
    list_, look = Path.iterdir, Path.stat

    def refuse(path: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "iterdir", lambda path: refuse(path) if path.name == name else list_(path))
    monkeypatch.setattr(
        Path, "stat", lambda path, **how: refuse(path) if name in path.parent.parts else look(path, **how)
    )


def test_files_are_matched_in_the_order_of_their_names(put, tmp_path):
    files = put("z/a-1.x", ""), put("a/b-2.x", ""), put("a/.c-3.x", "")
    put("a/b-2.y", "")
    put("no_folder", "")
    assert matching(tmp_path, "*/*-?.x") == [files[2], *files[:2]]
    assert matching(tmp_path, "*/[ab]-*.x") == [*files[:2]]
    assert matching(tmp_path, "q/*.x") == [tmp_path / "q/*.x"]
    assert matching(tmp_path, "q") == [tmp_path / "q"]


@pytest.mark.parametrize(
    ("folder", "task", "split"), [("bucc2018/de-en.dev.gold", "bucc2018", "dev"), ("xnli/dev-sw.tsv", "xnli", "dev")]
)
def test_a_folder_where_a_file_should_be_is_named(put, tmp_path, folder, task, split):
    put("bucc2018/de-en.dev.de", "de-1\tEins.\n")
    put("bucc2018/de-en.dev.en", "en-1\tOne.\n")
    (tmp_path / folder).mkdir(parents=True)
    with pytest.raises(HarnessError, match=f"{folder}: is a folder; expected a file"):
        present(task, split, tmp_path)


def test_a_folder_that_a_pattern_matches_is_named(tmp_path):
    (tmp_path / "a/x.tsv").mkdir(parents=True)
    with pytest.raises(HarnessError, match=r"x.tsv: is a folder; expected a file"):
        matching(tmp_path, "*/*.tsv")


def test_links_that_lead_to_no_file_are_named(tmp_path, put):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "lost").symlink_to(tmp_path / "nothing")
    (tmp_path / "link").symlink_to(put("file", "text"))
    with pytest.raises(HarnessError, match=r"loop: cannot be looked up \(Too many levels of symbolic links\)"):
        is_there(tmp_path / "loop")
    with pytest.raises(HarnessError, match=r"lost: is a link that leads nowhere; expected a file"):
        is_there(tmp_path / "lost")
    assert is_there(tmp_path / "link")


def test_what_is_neither_file_nor_folder_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(HarnessError, match=r"pipe: is no regular file; expected a file"):
        is_there(tmp_path / "pipe")


@pytest.mark.parametrize("path", ["shut/file", "shut/in/file", "shut/*.x", "*/file*"])
def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch, put, path):
    put("shut/file", "")
    closed(monkeypatch, "shut")
    with pytest.raises(HarnessError, match=r"/shut: the folder cannot be read \(Permission denied\)"):
        list(map(is_there, matching(tmp_path, path)))


def test_a_closed_folder_of_data_is_one_sentence(tmp_path, monkeypatch, put):
    put("sw.tsv", "")
    closed(monkeypatch, tmp_path.name)
    with pytest.raises(HarnessError, match=rf"{tmp_path}: the folder cannot be read"):
        SOURCE.languages(tmp_path, "test")


def test_absent_files_are_no_mistake(tmp_path, put):
    assert not is_there(tmp_path / "a")
    assert not is_there(put("file", "") / "inside")
    assert SOURCE.languages(tmp_path, "test") == ()


def test_files_without_rows_are_refused(tmp_path, put, uncounted):
    put("sw.tsv", "anything\n")
    with pytest.raises(HarnessError, match=r"sw.tsv: holds no rows of 'sw'; expected at least one"):
        list(SOURCE.rows(tmp_path, "test", "sw"))
    put("udpos/test-lt.tsv", "\n")
    with pytest.raises(HarnessError, match=f"test-lt.tsv: holds no sentence; expected {tagged_lines.EXPECTED}"):
        list(uncounted("udpos").rows(tmp_path, "test", "lt"))
