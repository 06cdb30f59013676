"""Hand-made lineages that use every kind of phase, format and duration; their ids are kept in ids.json."""

from dataclasses import replace

from harness.spec.identity import identity
from harness.spec.model import Architecture, Imported, Pretrained, Scratch, TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train
from harness.spec.recipe import Duration, LoRA, Mixing, Recipe, Window
from harness.spec.task import Data, Part

ARCHITECTURE = Architecture("xlm_r", 2, 64, 4, 4, 128, 1000, 128)
PAIRS = Data("anli", 1, "pair", "train", (Part("en", "a" * 64),), ("entailment", "neutral", "contradiction"))
CHOICES = Data("siqa", 1, "choice", "train", (Part("en", "f" * 64),))
WORDS = Data("udpos", 1, "tagging", "train", (Part("en", "b" * 64),), ("NOUN", "VERB"), held_out=("0123456789ab",))
SPANS = Data("squad_v2", 1, "span", "train", (Part("en", "c" * 64),), limit=500)
TEXT = Data("mlm", 1, "mlm", "train", text=(WORDS, SPANS))
POOL = Data("tatoeba", 1, "retrieval", "test", (Part("de", "d" * 64), Part("fr", "e" * 64)))
ANSWERS = Data("lareqa", 1, "retrieval", "candidates", (Part("de", "d" * 64),))
RECIPE = Recipe(Duration("epochs", 2.0), 16, 1e-3, seed=1)


def lineages() -> dict[str, AnyPhase]:
    """Phases by a name for people."""
    tokenizer = TrainTokenizer("unigram", 1000, (WORDS, SPANS))
    pretrained = Train(Scratch(ARCHITECTURE, tokenizer, 0), (TEXT,), RECIPE, "pretrain")
    mixture = Train(pretrained, (PAIRS, WORDS), RECIPE, "intermediate")
    chain = Train(mixture, (SPANS,), Recipe(Duration("flops", 1e12), 32, 1e-3, seed=1), "intermediate")
    more = Train(pretrained, (WORDS,), Recipe(Duration("match"), 16, 1e-3, seed=1), "intermediate", matches=chain)
    published = Pretrained("FacebookAI/xlm-roberta-base", "0" * 40, ARCHITECTURE)
    target = Train(published, (WORDS,), Recipe(Duration("steps", 50.0), 16, 1e-3, seed=2, window=Window(64)), "target")
    choices = Train(mixture, (CHOICES,), RECIPE, "target")
    adapted = Train(published, (WORDS,), replace(RECIPE, precision="bf16", lora=LoRA(8, 16.0)), "target")
    return {
        "tokenizer": tokenizer,
        "pretrained": pretrained,
        "mixture": mixture,
        "chain": chain,
        "target_more": more,
        "shuffled": Train(
            pretrained, (Data("anli", 1, "pair", "train", PAIRS.parts, shuffled_labels=True),), RECIPE, "intermediate"
        ),
        "hub_target": target,
        "choices": choices,
        "hub_masked": Train(published, (TEXT,), RECIPE, "intermediate"),
        "mixed": Train(pretrained, (PAIRS, TEXT), replace(RECIPE, mixing=Mixing("temperature", 2.0)), "intermediate"),
        "imported": Train(Imported("a" * 64, ARCHITECTURE), (PAIRS,), RECIPE, "target"),
        "pairs_of_texts": Train(published, (ANSWERS,), replace(RECIPE, negatives=4), "target"),
        "adapted": adapted,
        "apertus": Train(
            replace(published, architecture=replace(ARCHITECTURE, family="apertus")), (WORDS,), RECIPE, "target"
        ),
        "adapted_scores": Evaluate(adapted, WORDS, Window(64), precision="bf16"),
        "pooled_scores": Evaluate(chain, POOL, Window(64), pool=ANSWERS),
        "choice_scores": Evaluate(choices, CHOICES, Window(64)),
        "tagging_scores": Evaluate(target, WORDS, Window(64)),
        "retrieval_scores": Evaluate(chain, POOL, Window(64), layer=1),
    }


def ids() -> dict[str, str]:
    """The id of every lineage, by name."""
    return {name: identity(phase) for name, phase in lineages().items()}
