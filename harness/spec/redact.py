"""Secrets taken out of what is written or said: passwords in addresses, tokens, what the environment calls secret."""

import os
import re

HIDDEN = "***"
SHORTEST = 6  # characters of a variable's value; what is shorter would be found in ordinary words
_WORDS = "password|passwd|secret|token|api[_-]?key|access[_-]?key|credentials?|signature"
_VARIABLE = re.compile(rf"(?i)(?:^|_)(?:{_WORDS})(?:_|$)")
_PATTERNS = (
    # scheme://user:pass/word@host, which databases take; not http://host:5000/a@b
    (re.compile(r"(?<=://)[^\s/@:'\"]*:(?!\d+/)[^\s'\"]+@(?=[^\s/@])"), f"{HIDDEN}@"),
    # scheme://user:password@host, and scheme://token@host
    (re.compile(r"(?<=://)[^\s/'\"]+@(?=[^\s/@])"), f"{HIDDEN}@"),
    # ...?X-Amz-Signature=...&token=...
    (re.compile(rf"(?i)([?&](?:[\w.-]*[_.-])?(?:{_WORDS}|sig|key|auth)=)[^\s&#'\"]+"), rf"\1{HIDDEN}"),
    # HF_TOKEN=..., password: ..., "api_key": "..."; not `tokenizer.json: ...`
    (
        re.compile(
            r"(\b(?:[A-Z0-9]+_)*(?:PASSWORD|SECRET|TOKEN|API_?KEY|ACCESS_KEY)(?:_[A-Z0-9]+)*['\"]?\s*[=:]\s*['\"]?)"
            r"[^\s,;&'\"]{4,}"
        ),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(
            r"(?i)(\b(?:password|passwd|api[_-]?key|(?:access|auth)[_-]token)['\"]?\s*[=:]\s*['\"]?)[^\s,;&'\"]{4,}"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+(?=[\w.~+/=-]*\d)[\w.~+/=-]{12,}"), rf"\1 {HIDDEN}"),
    # Of the hub, GitHub, GitLab, Databricks, Slack, AWS: what they look like is public.
    (re.compile(r"\b(?:hf_|gh[pousr]_|github_pat_|glpat-|dapi|xox[abprs]-)(?=\w*\d|\w{20})[\w-]{8,}"), HIDDEN),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"), HIDDEN),
)


def redacted(text: str) -> str:
    """`text` without secrets: those that look like one, and the values of environment variables that are called so.

    For sentences and addresses, not for JSON: a value may also occur within a number.
    """
    for value in _values():
        text = text.replace(value, HIDDEN)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def _values() -> list[str]:
    """Longest first: one may be a part of another."""
    named = (value for name, value in os.environ.items() if _VARIABLE.search(name))
    return sorted({value for value in named if len(value) >= SHORTEST}, key=len, reverse=True)
