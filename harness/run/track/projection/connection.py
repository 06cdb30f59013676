"""MLflow as the projection reaches it: how patiently, and what it says when it cannot."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.environment_variables import (
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR,
    MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR,
    MLFLOW_HTTP_REQUEST_BACKOFF_JITTER,
    MLFLOW_HTTP_REQUEST_MAX_RETRIES,
    MLFLOW_HTTP_REQUEST_TIMEOUT,
    MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER,
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT,
)

from harness.run.track.address import database
from harness.spec.errors import HarnessError
from harness.spec.redact import redacted


@dataclass(frozen=True)
class Patience:
    """How long a request is worth: tries after the first, seconds for each, and seconds before the second, doubling.

    As much as `jitter` seconds are added to each wait; a server's Retry-After comes before all of these.
    """

    retries: int = 4
    timeout: int = 15
    backoff: int = 1
    jitter: float = 1.0


PATIENT = Patience()


@contextmanager
def patient(patience: Patience) -> Iterator[None]:
    """Within the block MLflow's client is as patient as that: these are its only settings for it."""
    settings = {
        MLFLOW_HTTP_REQUEST_MAX_RETRIES: patience.retries,
        MLFLOW_HTTP_REQUEST_TIMEOUT: patience.timeout,
        MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: patience.backoff,
        MLFLOW_HTTP_REQUEST_BACKOFF_JITTER: patience.jitter,
        MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER: True,
        MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT: True,
        MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: False,
    }
    before = {setting: setting.get_raw() for setting in settings}
    for setting, number in settings.items():
        setting.set(number)
    try:
        yield
    finally:
        for setting, raw in before.items():
            setting.unset() if raw is None else setting.set(raw)


@contextmanager
def used(uri: str, remedy: str = "`harness sync` repeats the writing when it answers again") -> Iterator[None]:
    """Around calls of MLflow alone: whatever they raise becomes one HarnessError sentence."""
    try:
        yield
    except HarnessError:
        raise
    except Exception as error:
        # Not MlflowException alone: a driver that is not installed, SQLAlchemy's errors and those of a full disk
        # or a broken connection come through as they are, and none of them may stop the work.
        reason = redacted(" ".join(str(error).split()))[:300]
        raise HarnessError(
            f"MLflow at {redacted(uri)}: {reason}; nothing is lost, {remedy}"
        ) from None  # what it was made of may quote a password


def reach(uri: str) -> MlflowClient:
    """A client of the store at `uri`; raises OSError at once where the file of a database cannot be made."""
    file = database(uri)
    if file and not file.exists():  # MLflow itself tries for two minutes
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    for noisy in ("mlflow", "alembic", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)  # their tracebacks: what they raise is told in one sentence
    return MlflowClient(tracking_uri=uri)
