"""Tatoeba without training: the same pairs, retrieved by the intermediate checkpoint itself, as XTREME of 2020 does."""

import dataclasses

from harness.catalog.tasks import tatoeba

# Phang et al. (2020) evaluate BUCC and Tatoeba so as well, read in nyu-mll/jiant's guide to X-STILTs.
TASK = dataclasses.replace(tatoeba.TASK, name="tatoeba_raw", train=())
