"""Tatoeba (Artetxe and Schwenk 2019): find the translation of an English sentence among up to 1,000."""

from harness.catalog.metrics import nearest
from harness.catalog.sources import aligned_lines
from harness.catalog.sources.published import Files, Layout
from harness.spec.task import Task

# ISO 639-3, which the files are named by, of the 41 languages of XTREME-R; English is the other side of all.
PAIRS = (
    "af:afr ar:ara az:aze bg:bul bn:ben de:deu el:ell es:spa et:est eu:eus fa:pes fi:fin fr:fra he:heb hi:hin hu:hun "
    "id:ind it:ita ja:jpn jv:jav ka:kat kk:kaz ko:kor lt:lit ml:mal mr:mar nl:nld pl:pol pt:por ro:ron ru:rus sw:swh "
    "ta:tam te:tel th:tha tl:tgl tr:tur uk:ukr ur:urd vi:vie zh:cmn"
)
CODES = dict(pair.split(":") for pair in PAIRS.split())
# As counted in the published files; some of the other languages have fewer.
COUNTS = {"test": dict.fromkeys(("af", "ar", "de", "es", "fr"), 1_000)}
NAMES = ("tatoeba.{code}-eng.{code}", "tatoeba.{code}-eng.eng")

TASK = Task(
    name="tatoeba",
    version=1,
    format="retrieval",
    source=Files(
        layouts=tuple(
            Layout(("test",), tuple(f"{folder}/{name}" for name in NAMES), aligned_lines.read, COUNTS)
            for folder in ("tatoeba/v1", "tatoeba")
        ),
        known=tuple(CODES),
        codes=CODES,
    ),
    languages=tuple(CODES),
    metric=nearest.METRIC,
    # XTREME-R retrieves with a model fine-tuned on SQuAD v1.1 (run_tatoeba.sh, 2021-08-11); XTREME with none.
    train=("squad",),
    recipe={"window": {"max_length": 512}},
)
