"""What `harness score` does with a folder of predictions and one of labels."""

import argparse

from rich.console import Console

from harness.run.exchange.submission import as_json, as_tables, score_submission


def scored(options: argparse.Namespace, console: Console) -> tuple[str, ...]:
    """Show the scores of a submission; returns a sentence for each file that is refused."""
    found = score_submission(options.sweep, options.labels, options.suite)
    if options.json:
        console.print(as_json(found), markup=False, highlight=False, soft_wrap=True)
    else:
        console.print(as_tables(found))
    return found.refused
