"""What the rows of each task were read from where the harness was tested; tests/contract/test_docs.py holds it true."""

SAMPLES = "format samples"
MADE_UP = "made-up rows"

RUN_HERE = {
    "anli": "real files: train en",
    "anli_plus": MADE_UP,
    "bucc2018": MADE_UP,
    "ccg": SAMPLES,
    "commonsense_qa": "real files: dev en; train en",
    "copa": "real files: dev en; test en; train en",
    "cosmos_qa": "real files: dev en; train en",
    "hellaswag": SAMPLES,
    "lareqa": "real files: candidates ar de en es; test ar de en es",
    "mewslix": MADE_UP,
    "mlqa": "real files: dev de en es",
    "mnli": SAMPLES,
    "panx": "real files: train de en es fr ru",
    "pawsx": "real files: dev de en es fr",
    "qqp": SAMPLES,
    "siqa": "real files: dev en; train en",
    "snli": MADE_UP,
    "squad": SAMPLES,
    "squad_v2": "real files: train en",
    "tatoeba": "real files: test af ar de es fr",
    "tatoeba_raw": "real files: test af ar de es fr",
    "text": MADE_UP,
    "tydiqa": "real files: test en fi id ru",
    "udpos": "real files: dev 12 languages; test af en mr te; train af en mr te",
    "xcopa": "real files: dev 11 languages; test id it tr",
    "xnli": "real files: dev 7 languages",
    "xquad": "real files: test ar de en es",
}
