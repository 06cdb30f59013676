"""Secrets taken out of what is written or said: passwords in addresses, tokens, what the environment calls secret."""

import os
import re

HIDDEN = "***"
# What names a secret in an environment, an address or a header.
_NAME = (
    r"(?:[\w.-]*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|credential|signature|authorization)[\w.-]*)"
)
_PATTERNS = (
    (re.compile(r"(?<=://)[^\s/@'\"]*:[^\s/'\"]*@(?=[^\s/@])"), f"{HIDDEN}@"),  # scheme://user:password@host
    (re.compile(rf"(?i)([?&;]{_NAME}=)[^\s&;#'\"]+"), rf"\1{HIDDEN}"),  # ?token=...
    (re.compile(rf"(?i)\b({_NAME}['\"]?\s*[=:]\s*['\"]?)(?!\*\*\*)[^\s,;&'\"]{{4,}}"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    # Of the hub, GitHub, GitLab, Databricks, AWS, Slack: what they look like is public.
    (re.compile(r"\b(?:hf_|gh[pousr]_|github_pat_|glpat-|dapi|xox[abprs]-)[\w-]{8,}"), HIDDEN),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"), HIDDEN),
)
_SECRET = re.compile(rf"(?i)^{_NAME}$")
SHORTEST = 6  # characters; what is shorter would be found in ordinary words


def redacted(text: str) -> str:
    """`text` without secrets: those that look like one, and the values of the environment's variables called so."""
    for value in _secrets():
        text = text.replace(value, HIDDEN)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def _secrets() -> list[str]:
    """Longest first: one may be a part of another."""
    found = {value for name, value in os.environ.items() if _SECRET.match(name) and len(value) >= SHORTEST}
    return sorted(found, key=len, reverse=True)
