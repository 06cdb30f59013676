"""Read claims from a file of published facts: tables of figures beside sentences on where each was read.

A sentence of provenance that begins with "seen" and speaks of nothing recollected, derived, computed or presumed makes
its figures verified; one that speaks of memory alone makes them recollected; every other leaves them unverified, since
which cell was read where cannot be told for certain.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.catalog.published.columns import CHAINS, MEANS, X_STILTS, figures, languages, shared
from harness.catalog.sources import json_text
from harness.spec.claim import Claim, ClaimSplit, Provenance
from harness.spec.errors import HarnessError

Facts = Mapping[str, Any]

DOUBT = re.compile(
    r"memory|recall|recollect|derived|computed|presumabl|not verified|unverified|perhaps|\?", re.IGNORECASE
)
PAIR = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)\s*$")
ABOUT = ("provenance", "definition", "columns", "languages", "group", "note")


def read_claims(file: Path) -> tuple[Claim, ...]:
    """The claims of a file laid out as `published.json`; parts that it lacks are left out.

    Raises HarnessError for a file that is not there or is no JSON object, for one without any figure, and for a figure
    that is neither a number nor F1/EM.
    """
    facts = json_text.load(file, "published facts as a JSON object, such as published.json", distinct=True).value
    if not isinstance(facts, Mapping):
        raise HarnessError(f"{file}: is not a JSON object; expected published facts by paper")
    try:
        found = (
            *_phang(_part(facts, "phang2020")),
            *_xtreme(_part(facts, "xtreme")),
            *_suite("xtreme_r", _part(_part(facts, "xtreme_r"), "baselines")),
        )
    except HarnessError as error:
        raise HarnessError(f"{file}: {error}") from error
    if not found:
        raise HarnessError(f"{file}: has no figures; expected tables under phang2020, xtreme or xtreme_r")
    return found


def provenance_of(text: object) -> Provenance:
    """What a sentence of provenance says of all figures that it covers."""
    said = str(text).strip().lower()
    if said.startswith("seen") and not DOUBT.search(said):
        return "seen"
    return "memory" if said.startswith("memory") and "seen" not in said else "mixed"


def _phang(facts: Facts) -> Iterator[Claim]:
    source = "phang2020"
    yield from _main_table(f"{source}.main_table", _part(facts, "main_table"))
    for name, cells in _parts(facts, "xtreme_test"):
        after = X_STILTS if name in ("X-STILTs", "X-STILTs_retrieval") else f"{X_STILTS} ({name})"
        own = replace(_like(f"{source}.xtreme_test", "XLM-R Large", "xtreme", cells), after=after)
        yield from figures(own, _numbers(f"{source}.xtreme_test.{name}", cells))
    shares = _part(facts, "gain_decomposition_over_xlmr_large")
    own = replace(
        _like(f"{source}.gain_decomposition_over_xlmr_large", "XLM-R Large", "xtreme", shares), after=X_STILTS
    )
    for column, value in _numbers(own.source, shares).items():
        yield from figures(replace(own, kind="gain" if column in MEANS else "share"), {column: value})
    for name, version in _parts(facts, "versions"):
        gained = _part(version, "claims").get("xtreme_gain_over_xlmr_large")
        if gained is not None:
            own = _like(f"{source}.versions.{name}", "XLM-R Large", "xtreme", version)
            yield replace(own, kind="gain", after=f"{X_STILTS} ({name})", value=_number(own.source, gained))


def _main_table(source: str, table: Facts) -> Iterator[Claim]:
    """Scores without intermediate training, and the gains of each task over them."""
    tested = re.search(r"test for ([\w/]+)", str(table.get("split", "")))
    test = tested[1].split("/") if tested else []
    own = replace(
        _like(source, "XLM-R Large", "xtreme", table), split="dev" if "dev" in str(table.get("split")) else "unknown"
    )

    def row(like: Claim, cells: Facts, mean: object) -> Iterator[Claim]:
        numbers = _numbers(source, cells) | ({} if mean is None else {"avg": _number(source, mean)})
        splits: dict[str, ClaimSplit] = {column: "test" for column in numbers if column.split("_")[0] in test}
        yield from figures(like, numbers, splits=splits)

    yield from row(own, _part(table, "baseline_cells_xlmr_ours"), table.get("baseline_avg_recalled"))
    for name, cells in _parts(table, "rows_delta"):
        gained = replace(own, kind="gain", after=CHAINS.get(name, name))
        yield from row(gained, _part(cells, "delta"), cells.get("avg_recalled"))


def _xtreme(facts: Facts) -> Iterator[Claim]:
    yield from _suite("xtreme", _part(facts, "baselines"))
    gaps = _part(facts, "zero_shot_gap")
    for name, cells in _parts(facts, "zero_shot_gap"):
        own = replace(_like("xtreme.zero_shot_gap", name, "xtreme", gaps), kind="gap")
        yield from figures(own, _numbers(f"xtreme.zero_shot_gap.{name}", cells))
    for table, after in (("xnli_zero_shot_per_language", "none"), ("xnli_translate_train_all", "translate_train")):
        yield from _by_language(f"xtreme.{table}", _part(facts, table), after)


def _by_language(source: str, table: Facts, after: str) -> Iterator[Claim]:
    codes = _names(source, table, "languages")
    for name, given in table.items():
        if name in ABOUT:
            continue
        values = given.get("per", ()) if isinstance(given, Mapping) else given
        own = replace(_like(source, name, "xtreme", table), task="xnli", after=after)
        if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != len(codes):
            raise HarnessError(f"{source}.{name}: expected a figure for each of the {len(codes)} languages")
        numbers = [_number(f"{source}.{name}", value) for value in values]
        yield from languages(own, codes, numbers)
        if isinstance(given, Mapping) and "avg" in given:
            yield replace(own, value=_number(f"{source}.{name}.avg", given["avg"]))


def _suite(suite: str, tables: Facts) -> Iterator[Claim]:
    """Tables by model; one with `columns` has a row for each size of a model."""
    for name, cells in tables.items():
        if not isinstance(cells, Mapping) or cells.get("values", ...) is None:
            continue
        source, said = f"{suite}.baselines.{name}", str(cells.get("provenance", tables.get("provenance", "")))
        for model, values in _by_size(source, name, cells) if "columns" in cells else ((name, cells),):
            own = shared(f"{suite}.baselines", model, suite, provenance_of(said))
            yield from (_warned(claim, said) for claim in figures(own, _numbers(source, values)))


def _by_size(source: str, name: str, cells: Facts) -> Iterator[tuple[str, Facts]]:
    columns = _names(source, cells, "columns")
    for size, values in cells.items():
        if isinstance(values, list) and size != "columns":
            if len(values) != len(columns):
                raise HarnessError(f"{source}.{size}: has {len(values)} figures for {len(columns)} columns")
            yield f"{name.split(maxsplit=1)[0]}/{size}".lower(), dict(zip(columns, values, strict=True))


def _warned(claim: Claim, said: str) -> Claim:
    """A claim that its source says not to compare is `apart`; means that leave exact match out are of F1 alone."""
    if claim.task == claim.suite and "EM NOT counted" in said:
        return replace(claim, name="score_f1")
    warned = any("do not compare" in part and claim.task in part.lower() for part in said.split(";"))
    return replace(claim, apart="its source says not to compare it") if warned else claim


def _like(source: str, model: str, suite: str, about: Facts) -> Claim:
    return shared(source, model, suite, provenance_of(about.get("provenance", "")))


def _numbers(where: str, cells: Facts) -> dict[str, float]:
    """The figures of a row by column; F1/EM, and {"f1", "em"}, are two columns."""
    found: dict[str, float] = {}
    for column, value in cells.items():
        if column in ABOUT or column.startswith("group") or value is None:
            continue
        if isinstance(value, str) and (pair := PAIR.match(value)):
            found |= {f"{column}_f1": float(pair[1]), f"{column}_em": float(pair[2])}
        elif isinstance(value, Mapping):
            found |= {f"{column}_{name}": _number(f"{where}.{column}", each) for name, each in value.items()}
        else:
            found[column] = _number(f"{where}.{column}", value)
    return found


def _number(where: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise HarnessError(f'{where}: {value!r} is neither a number nor F1/EM such as "66.2/51.0"')
    return float(value)


def _names(where: str, table: Facts, part: str) -> tuple[str, ...]:
    """The names of a table's figures; none where it does not say them."""
    names = table.get(part, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise HarnessError(f"{where}.{part}: expected a list of names")
    return tuple(names)


def _part(facts: Facts, name: str) -> Facts:
    """A part of the facts; nothing where it is absent. Raises HarnessError for one that is no object."""
    found = facts.get(name, {})
    if not isinstance(found, Mapping):
        raise HarnessError(f"{name}: expected an object, found {type(found).__name__}")
    return found


def _parts(facts: Facts, name: str) -> Iterator[tuple[str, Facts]]:
    return ((key, cells) for key, cells in _part(facts, name).items() if isinstance(cells, Mapping))
