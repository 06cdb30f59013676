"""Whether a PostgreSQL can be started here."""

import os
import pwd
import shutil
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

NEEDS_POSTGRES = "needs PostgreSQL"


def installed() -> bool:
    """Its programs and its driver, and as root a user to run it as: it refuses root."""
    programs = shutil.which("postgres") or list(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    user = os.getuid() != 0
    with suppress(KeyError):
        user = user or bool(pwd.getpwnam("postgres"))
    return bool(programs and user and shutil.which("setpriv") and find_spec("psycopg2"))
