"""MLflow: whether the server answers to this user, or its database file can be written where it lies."""

import base64
import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from harness.files.disk import check_writable, file_system
from harness.run.doctor.finding import Finding, error, ok, warning
from harness.spec.errors import HarnessError

CHECK = "MLflow"
SECONDS = 10.0
ASKED = "/api/2.0/mlflow/experiments/search"  # as any client does, so that a refusal is met here and not later
LATER = "training goes on without it, and `harness sync` writes everything once it answers"
SQLITE = "sqlite:///"
NETWORK = ("nfs", "cifs", "smb", "lustre", "gpfs", "beegfs", "ceph", "glusterfs", "fuse.", "9p", "afs")


def check_tracker(uri: str, environment: Mapping[str, str]) -> Finding:
    """Whether what MLflow is told to use, by `uri`, can be used; no secret of it is said."""
    if uri.startswith(("http://", "https://")):
        try:
            return _of_server(uri, environment)
        except ValueError:  # what it says may quote a password
            return error(CHECK, "the address given is none", "http(s)://HOST:PORT is right, with --mlflow")
    if uri.startswith(SQLITE):
        return _of_file(Path(uri.removeprefix(SQLITE)).absolute())
    return warning(CHECK, f"{shown(uri)}: is not looked at", "try `harness sync` on a small sweep")


def shown(uri: str) -> str:
    """A URI without the user and the password that it may hold."""
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _of_server(uri: str, environment: Mapping[str, str]) -> Finding:
    parts = urlsplit(uri)
    address = f"{shown(uri).rstrip('/')}{ASKED}"
    headers = {"Content-Type": "application/json", **_credentials(parts.username, parts.password, environment)}
    asked = urllib.request.Request(address, data=json.dumps({"max_results": 1}).encode(), headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=SECONDS) as answer:
            json.load(answer)
    except urllib.error.HTTPError as refused:
        return error(CHECK, f"{shown(uri)} answers {refused.code} {refused.reason}", _remedy(refused.code))
    except (urllib.error.URLError, OSError, http.client.HTTPException) as failed:
        reason = getattr(failed, "reason", failed)
        return error(CHECK, f"{shown(uri)} does not answer ({reason})", f"start it, or mend the address; {LATER}")
    except ValueError:
        return error(CHECK, f"{shown(uri)} answers, but not as MLflow does", "give the address of an MLflow server")
    return ok(CHECK, f"{shown(uri)} answers")


def _credentials(user: str | None, password: str | None, environment: Mapping[str, str]) -> dict[str, str]:
    """As MLflow's client finds them: in the URI, else in its variables."""
    user = user or environment.get("MLFLOW_TRACKING_USERNAME")
    password = password or environment.get("MLFLOW_TRACKING_PASSWORD")
    if user and password:
        return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}
    token = environment.get("MLFLOW_TRACKING_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


def _remedy(code: int) -> str:
    if code in (401, 403):
        return "set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
    if code == 404:
        return "give the address of an MLflow server, without a path behind it"
    return f"see to the server's log; {LATER}"


def _of_file(file: Path) -> Finding:
    folder = next(path for path in (file.parent, *file.parent.parents) if path.exists())
    try:
        check_writable(folder, "the folder of MLflow's database")
    except HarnessError as wrong:
        return error(CHECK, str(wrong), "name another file or a server with --mlflow")
    if file.exists() and not os.access(file, os.W_OK):
        return error(CHECK, f"{file}: may not be written", "give yourself the right to, or name another with --mlflow")
    kind = file_system(folder)
    if kind.startswith(NETWORK):
        says = f"{file} lies on a network file system ({kind}), where SQLite's locks may not hold"
        return warning(CHECK, says, "name a file on a local disk, or a server, with --mlflow")
    return ok(CHECK, f"{file}: can be written")
