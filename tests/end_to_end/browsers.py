"""Whether a browser can be started here."""

import shutil
from importlib.util import find_spec

CHROMIUM = "chromium"
NEEDS_CHROMIUM = "needs chromium and playwright (Debian: apt-get install chromium fonts-dejavu-core)"


def installed() -> bool:
    """The browser and what drives it."""
    return bool(shutil.which(CHROMIUM) and find_spec("playwright"))
