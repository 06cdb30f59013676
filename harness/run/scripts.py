"""What each launch leaves below `<runs>/launches`: a script that a person can read and run, and the files it names."""

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from harness.files.atomic import write_text
from harness.run.child import Command
from harness.spec.errors import HarnessError

# In a command and its files: the script's path without its ending, and the run folder.
BESIDE, RUNS = "{beside}", "{runs}"
FOLDER = "launches"
PLAIN = re.compile(r"[\w./+=@-]+")  # to shells, sbatch (which fills in %), YAML, apptainer (which parts at , and :)
PATH = f'export PATH={shlex.quote(str(Path(sys.executable).parent))}{os.pathsep}"$PATH"\n'  # ninja, torchrun, deepspeed


def left(command: Command, runs: Path, stem: str) -> Command:
    """`command` with the names of its files, after they and its script were written below `runs`.

    Raises HarnessError where one of its files cannot be written; a script that cannot be stops nothing.
    """
    beside = runs / FOLDER / stem
    if command.files and not PLAIN.fullmatch(str(beside)):
        raise HarnessError(
            f"{beside}: stands in files that this launcher reads, where it would need quotes; "
            "name another run folder, of letters, digits and any of . / _ + = @ -"
        )

    def named(text: str) -> str:
        return text.replace(BESIDE, str(beside)).replace(RUNS, str(runs))

    files = {named(name): named(text) for name, text in command.files.items()}
    environment = {name: named(text) for name, text in command.environment.items()}
    made = replace(command, arguments=tuple(map(named, command.arguments)), environment=environment, files=files)
    for name, text in files.items():
        write_text(Path(name), text)
    try:
        write_text(beside.with_name(f"{stem}.sh"), script(made, runs, stem))
    except (HarnessError, OSError):
        return made
    return made


def script(command: Command, folder: Path, stem: str) -> str:
    """The command as a script; whoever runs it gets leases of their own."""
    return f"""\
#!/usr/bin/env bash
# What the harness started as {stem}; by hand: bash {FOLDER}/{stem}.sh
set -euo pipefail
cd {shlex.quote(str(folder))}
{PATH}{exported(command.environment)}
exec {laid_out(without_owner(command.arguments))}
"""


def exported(environment: Mapping[str, str]) -> str:
    """Variables as lines of a shell."""
    return "".join(f"export {name}={shlex.quote(text)}\n" for name, text in sorted(environment.items()))


def laid_out(words: Sequence[str], indent: str = "  ") -> str:
    """Words for a shell, with a line for each option and for each path."""
    lines: list[list[str]] = [[]]
    for word in words:
        if word.startswith("-") or "/" in word:
            lines.append([])
        lines[-1].append(shlex.quote(word))
    return f" \\\n{indent}".join(" ".join(line) for line in lines if line)


def without_owner(words: Sequence[str]) -> tuple[str, ...]:
    """The words without the owner of the leases, which only the command that started the launch is."""
    return tuple(word for before, word in pairwise(("", *words)) if "--owner" not in (before, word))
