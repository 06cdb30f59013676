"""Secrets that a cluster file would put into scripts, which are kept in the run folder."""

import re
from collections.abc import Sequence
from itertools import takewhile

_NAMES = "TOKEN|PASSWORD|PASSWD|SECRET|API_?KEY|CREDENTIAL"
_SET = re.compile(rf"({_NAMES})\w*=", re.IGNORECASE)
# A variable that is set for a command; options of ssh such as PasswordAuthentication=no are none.
_VARIABLE = re.compile(rf"[A-Z0-9_]*({_NAMES}|SSHPASS)[A-Z0-9_]*=")


def secret_set(line: str) -> str | None:
    """What a line of a script calls the secret that it sets; None if it sets none."""
    found = _SET.search(line)
    return found[0][:-1] if found else None


def has_password(words: Sequence[str]) -> bool:
    """Whether a remote shell sets a secret variable, or gives sshpass a password by its option -p."""
    for place, word in enumerate(words):
        options = takewhile(lambda each: each.startswith("-"), words[place + 1 :])
        if _VARIABLE.match(word) or (word.endswith("sshpass") and any(each.startswith("-p") for each in options)):
            return True
    return False
