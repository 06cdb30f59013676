"""Readers of inference data as first published: NYU's and Stanford's files, GLUE's, XNLI's and its translations."""

from functools import partial

from harness.catalog.sources import json_lines, parquet, tables
from harness.catalog.sources.pair_lines import as_prepared
from harness.catalog.sources.pair_records import NLI, SENTENCES, Pairs

UNDECIDED = ("-",)  # annotators without a majority; nobody trains or evaluates on these rows

GLUE = Pairs(partial(tables.read_tabs, columns=(*SENTENCES, "gold_label")), dropped=UNDECIDED)
GLUE_HIDDEN = Pairs(partial(tables.read_tabs, columns=SENTENCES), label=None)

# MultiNLI 1.0 and SNLI 1.0; in the text files the labels 2 to 5 of rows with one annotator are empty or left away.
FIRST_JSON = Pairs(json_lines.read, dropped=UNDECIDED)
FIRST_TEXT = Pairs(partial(tables.read_tabs, columns=(*SENTENCES, "gold_label"), least="label1"), dropped=UNDECIDED)

# XNLI: English training data are MultiNLI's, tokenised; "contradictory" is contradiction there.
XNLI_LABELS = {**NLI, "contradictory": "contradiction"}
XNLI_TEXT = Pairs(
    partial(tables.read_tabs, columns=("language", *SENTENCES, "gold_label")),
    labels=XNLI_LABELS,
    language="language",
    written=as_prepared,
)
XNLI_JSON = Pairs(json_lines.read, labels=XNLI_LABELS, language="language", written=as_prepared)
_TRANSLATED = partial(tables.read_tabs, columns=("premise", "hypo", "label"))
TRANSLATED = Pairs(_TRANSLATED, ("premise", "hypo"), "label", XNLI_LABELS)
TRANSLATED_PREPARED = Pairs(_TRANSLATED, ("premise", "hypo"), "label", XNLI_LABELS, written=as_prepared)

# The hub's copies of MultiNLI (GLUE), SNLI and XNLI; rows without a majority label have the class "" there.
_HUB_ROWS = partial(parquet.read, columns=("premise", "hypothesis", "label"), classes={"label": tuple(NLI)})
HUB = Pairs(_HUB_ROWS, ("premise", "hypothesis"), "label", dropped=("",))
HUB_PREPARED = Pairs(_HUB_ROWS, ("premise", "hypothesis"), "label", written=as_prepared)
