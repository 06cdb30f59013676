"""Where users have published files: the same files below several folders, and what their splits are called there."""

from collections.abc import Mapping, Sequence

from harness.catalog.sources.published import Layout, Reader

Counts = Mapping[str, Mapping[str, int]]


def unpacked(archive: str, *homes: str) -> tuple[str, ...]:
    """Beginnings of paths to what `archive` held: in the data folder, or in one of the folders `homes` in it.

    Some tools unpack an archive into a folder that is named like the file itself, such as `XNLI-1.0.zip/`.
    """
    folders = ("", *(f"{home}/" for home in homes))
    return tuple(f"{folder}{inner}" for folder in folders for inner in ("", f"{archive}/"))


def below(*folders: str) -> tuple[str, ...]:
    """Beginnings of paths to files in each of `folders`."""
    return tuple(f"{folder}/" for folder in folders)


def layouts(
    starts: Sequence[str],
    paths: Sequence[str],
    read: Reader,
    names: Mapping[str, str],
    counts: Counts | None = None,
    languages: tuple[str, ...] | None = None,
) -> tuple[Layout, ...]:
    """A layout for each split and each of `starts`, which stand before `paths`.

    `names` has the splits and what stands for {name} in the paths; `counts` and `languages` are those of a layout.
    """
    return tuple(
        Layout(
            (split,), tuple(start + path.replace("{name}", name) for path in paths), read, counts or {}, (), languages
        )
        for start in starts
        for split, name in names.items()
    )
