"""Addresses of an MLflow, as `--mlflow` and `--to` may give them."""

import re
from pathlib import Path

from harness.spec.errors import HarnessError
from harness.spec.redact import redacted

EXPECTED = "expected an address such as http://there:5000 or sqlite:////folder/mlflow.db"


def address(given: str, option: str) -> str:
    """What `option` says, if MLflow could be there; raises HarnessError for a folder, and for a database in memory."""
    if given.startswith("sqlite:") and database(given) is None:
        raise HarnessError(f"{option} {given}: names no file; {EXPECTED}")
    if given.startswith("file:") or not re.match(r"[a-z][a-z0-9+.-]*://|databricks", given):
        raise HarnessError(f"{option} {redacted(given) or repr(given)}: is no address of an MLflow; {EXPECTED}")
    return given


def database(uri: str) -> Path | None:
    """The file of a sqlite URI."""
    found = re.fullmatch(r"sqlite:///([^?]+)(?:\?.*)?", uri)
    return Path(found[1]).absolute() if found and found[1] != ":memory:" else None
