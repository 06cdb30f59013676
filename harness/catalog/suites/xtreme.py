"""XTREME (Hu et al. 2020): nine tasks in 40 languages, with the languages that each had before XTREME-R added some."""

from harness.spec.suite import Suite

# Read in google-research/xtreme, evaluate.py of 2020: TASK2LANGS.
UDPOS = "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh"
PANX = (
    "af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr ms my nl pt ru sw ta te th tl tr ur vi "
    "yo zh"
)
XQUAD = "ar de el en es hi ru th tr vi zh"
TATOEBA = "af ar bg bn de el es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr nl pt ru sw ta te th tl tr ur vi zh"

SUITE = Suite(
    "xtreme",
    tasks=("xnli", "pawsx", "udpos", "panx", "xquad", "mlqa", "tydiqa", "bucc2018", "tatoeba_raw"),
    languages={
        "udpos": tuple(UDPOS.split()),
        "panx": tuple(PANX.split()),
        "xquad": tuple(XQUAD.split()),
        "tatoeba_raw": tuple(TATOEBA.split()),
    },
)
