"""The one exception that a user is meant to read: a single clear sentence."""


class HarnessError(Exception):
    """Something the user can mend: says what is wrong, where, and what would be right."""
