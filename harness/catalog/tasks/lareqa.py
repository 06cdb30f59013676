"""LAReQA (Roy et al. 2020): find the sentences that answer a question, in 11 languages at once; XQuAD-R, and SQuAD."""

from functools import partial

from harness.catalog.metrics import pooled_average_precision
from harness.catalog.sources import lareqa_json
from harness.catalog.sources.published import Files, Layout
from harness.spec.task import Pool, Published, Task

LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")
QUESTIONS = {"test": dict.fromkeys(LANGUAGES, 1_190)}
# Sentences, as counted in the README of google-research-datasets/lareqa: 13,014 in all.
SENTENCES = dict(zip(LANGUAGES, (1222, 1276, 1234, 1180, 1215, 1244, 1219, 852, 1167, 1209, 1196), strict=True))
FILES = ("lareqa/xquad-r/{language}.json", "xquad-r/{language}.json", "lareqa-master/xquad-r/{language}.json")
CANDIDATES = partial(lareqa_json.read_candidates, languages=LANGUAGES)

TASK = Task(
    name="lareqa",
    version=1,
    format="retrieval",
    source=Files(
        layouts=(
            *(Layout(("test",), (file,), lareqa_json.read_questions, QUESTIONS) for file in FILES),
            *(Layout(("candidates",), (file,), CANDIDATES, {"candidates": SENTENCES}) for file in FILES),
            # XTREME trains on SQuAD v1.1 and breaks it into sentences by rule; see lareqa_json.read_training.
            *(
                Layout(("train",), (file,), lareqa_json.read_training, {"train": {"en": 87_599}}, languages=("en",))
                for file in ("squad/train-v1.1.json", "squad_v1/train-v1.1.json")
            ),
        ),
        known=LANGUAGES,
    ),
    languages=LANGUAGES,
    metric=pooled_average_precision.METRIC,
    train=("lareqa",),
    train_sizes={"train": 87_599},
    # google-research/xtreme, train_lareqa.sh @e23cf42: 4 pairs a device meet in one softmax, 4 of these in a step. It
    # selects checkpoint-9000 of 16,000 steps by the loss on SQuAD's dev set; here the last step counts.
    recipe={
        "duration": {"unit": "epochs", "amount": 3},
        "batch_size": 16,
        "negatives": 4,
        "learning_rate": 2e-5,
        "warmup": 0.0,
        "weight_decay": 0.0,
        "window": {"max_length": 256, "max_query": 96},
    },
    corpus="squad",
    pool=Pool("candidates"),
    published=Published(
        source="google-research-datasets/lareqa, xquad-r; SQuAD v1.1 to train on",
        licence="CC BY-SA 4.0",
        test_labels="open: the sentence in which the answer begins, in each of the 11 languages",
    ),
)
