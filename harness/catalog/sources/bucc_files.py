"""Reader of BUCC 2018: two lists of sentences with ids, and the pairs of them that translate each other."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.catalog.languages import ENGLISH
from harness.catalog.sources.lines import read_lines
from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample

SENTENCES = "id<TAB>sentence lines"
PAIRS = "id<TAB>English id lines"


def read(paths: Sequence[Path], language: str) -> Iterator[RetrievalExample]:
    """Sentences of `language` as queries, then English ones as candidates, with the ids that they have in the files.

    A third file has the gold pairs; without it, gold is hidden. Raises HarnessError for a line of another width, an id
    of another language, an id that occurs twice, and gold of ids that are not among the sentences.
    """
    sources, targets = (_sentences(path, side) for path, side in zip(paths, (language, ENGLISH), strict=False))
    gold = _gold(paths[2], sources, targets) if len(paths) > 2 else None
    for key, sentence in sources.items():
        yield RetrievalExample(key, sentence, None, None if gold is None else tuple(gold[key]))
    for key, sentence in targets.items():
        yield RetrievalExample(key, None, sentence, None if gold is None else ())


def _sentences(path: Path, language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    wanted = re.compile(rf"{language}-\d+")
    for number, (key, sentence) in _columns(path, SENTENCES):
        if not wanted.fullmatch(key) or not sentence:
            raise HarnessError(f"{path}, line {number}: '{key[:40]}'; expected an id such as {language}-000000001")
        if key in found:
            raise HarnessError(f"{path}, line {number}: the id '{key}' occurs twice; expected one sentence an id")
        found[key] = sentence
    return found


def _gold(path: Path, sources: dict[str, str], targets: dict[str, str]) -> defaultdict[str, list[str]]:
    pairs: defaultdict[str, list[str]] = defaultdict(list)
    for number, (source, target) in _columns(path, PAIRS):
        for key, known in ((source, sources), (target, targets)):
            if key not in known:
                raise HarnessError(f"{path}, line {number}: there is no sentence '{key[:40]}'; is a file cut off?")
        if target in pairs[source]:
            raise HarnessError(f"{path}, line {number}: the pair occurs twice; expected it once")
        pairs[source].append(target)
    return pairs


def _columns(path: Path, expected: str) -> Iterator[tuple[int, tuple[str, str]]]:
    for number, line in enumerate(read_lines(path, expected), start=1):
        fields = line.split("\t")
        if len(fields) != 2:
            raise HarnessError(f"{path}, line {number}: {len(fields)} columns; expected {expected}")
        yield number, (fields[0], fields[1])
