"""UD-POS as XTREME-R prepares it: universal part-of-speech tags in 38 languages, trained on English treebanks."""

from collections.abc import Mapping
from functools import partial

from harness.catalog.languages import LANGUAGES
from harness.catalog.metrics import tagging_f1
from harness.catalog.recipes import xtreme
from harness.catalog.sources import conllu, tagged_lines
from harness.catalog.sources.places import unpacked
from harness.catalog.sources.published import Files, Layout
from harness.spec.task import Published, Task

WITHOUT_TREEBANK = ("az", "bn", "gu", "ht", "jv", "ka", "ml", "ms", "my", "pa", "qu", "sw")
CODES = tuple(code for code in LANGUAGES if code not in WITHOUT_TREEBANK)
ADDED = ("lt", "pl", "ro", "uk", "wo")  # by XTREME-R, from UD v2.7; XTREME's 33 are of v2.5
OF_XTREME = tuple(code for code in CODES if code not in ADDED)
_TAGS = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X"
UPOS = tuple(_TAGS.split())
_Sizes = Mapping[str, tuple[int | None, int | None, int | None]]

# Sentences of train, dev and test in UD v2.5 by google/xtreme's card, where XTREME's files or single treebanks agree
# with it. The card's Greek holds Ancient Greek, its French a treebank without text.
_SINGLE: _Sizes = {
    "af": (1_315, 194, 425),
    "bg": (8_907, 1_115, 1_116),
    "eu": (5_396, 1_798, 1_799),
    "fa": (4_798, 599, 600),
    "he": (5_241, 484, 491),
    "hu": (910, 441, 449),
    "kk": (31, None, 1_047),
    "mr": (373, 46, 47),
    "ta": (400, 80, 120),
    "te": (1_051, 131, 146),
    "th": (None, None, 1_000),
    "tl": (None, None, 55),
    "ur": (4_043, 552, 535),
    "vi": (1_400, 800, 800),
    "yo": (None, None, 100),
}
_SEVERAL: _Sizes = {  # languages of several treebanks
    "ar": (6_075, 909, 1_680),
    "de": (None, None, 20_436),
    "el": (None, 403, None),
    "en": (21_253, 3_974, 5_440),
    "et": (25_749, 3_125, 3_760),
    "fi": (27_198, 3_239, 4_422),
    "fr": (None, 2_903, None),
}
SPLITS = ("train", "dev", "test")


def _counts(sizes: _Sizes) -> dict[str, dict[str, int]]:
    return {
        split: {code: known for code, size in sizes.items() if (known := size[at]) is not None}
        for at, split in enumerate(SPLITS)
    }


COUNTS = _counts({**_SINGLE, **_SEVERAL})
READ = partial(tagged_lines.read, tags=UPOS)
TREEBANKS = partial(conllu.read, tags=UPOS)
# Parts of a large treebank are files of their own, such as de_hdt-ud-train-a-1.conllu.
FILES = "UD_*/{language}_*-ud-{split}*.conllu"
# XTREME's largest test set, 20,436 sentences, is that of UD_German-GSD, -HDT and -PUD: its preparation lost -LIT.
GERMAN = "UD_*/{language}_[ghp]*-ud-{split}*.conllu"
NOT_GERMAN = tuple(code for code in OF_XTREME if code != "de")
RELEASES = tuple(
    Layout(SPLITS, (f"{start}ud-treebanks-{version}/{files}",), TREEBANKS, counts, languages=codes)
    for version, files, codes, counts in (
        ("v2.5", FILES, NOT_GERMAN, COUNTS),
        ("v2.5", GERMAN, ("de",), COUNTS),
        ("v2.7", FILES, ADDED, {}),
    )
    for start in unpacked(f"ud-treebanks-{version}.tgz", "udpos")
)
PREPARED = ("udpos_xtreme/{split}-{language}.tsv", "udpos/{split}-{language}.tsv")

TASK = Task(
    name="udpos",
    version=1,
    format="tagging",
    source=Files(
        layouts=(
            *RELEASES,
            *(Layout(("train", "dev"), (path,), READ, COUNTS) for path in PREPARED),
            # Some treebanks, perhaps not all of a language: after what is whole, before test files without tags.
            Layout(SPLITS, (f"ud_conllu/{FILES}",), TREEBANKS, _counts(_SINGLE)),
            *(Layout(("test",), (path,), READ, COUNTS) for path in PREPARED),
        ),
        known=CODES,
    ),
    languages=CODES,
    labels=UPOS,
    metric=tagging_f1.METRIC,
    train=("udpos",),
    train_sizes={"train": 21_253},
    recipe=xtreme(10) | {"learning_rate": 2e-5},
    published=Published(
        source="Universal Dependencies v2.5 (XTREME's languages) and v2.7 (lt, pl, ro, uk, wo)",
        licence="of each treebank",
        test_labels="open: the treebanks; hidden in XTREME's own test files",
        memory="the sizes of the German treebanks, by which the test set is three of them",
    ),
)
