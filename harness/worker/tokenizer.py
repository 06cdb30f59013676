"""The tokenizer phase: subwords or words learnt from named text, the same on every run."""

import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import sentencepiece
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

from harness.files.atomic import write_text
from harness.spec.errors import HarnessError
from harness.spec.model import TrainTokenizer
from harness.worker.manner import BOS, EOS, MASK, PAD, SPECIAL, UNK

FILE = "tokenizer.json"


def train(phase: TrainTokenizer, texts: Iterable[str], folder: Path) -> Path:
    """Train on `texts` and store tokenizer.json in `folder`; raises HarnessError when there is no text."""
    lines = [text for text in texts if text.strip()]
    if not lines:
        raise HarnessError("the tokenizer has no text to be trained on; name some under the model's `text`")
    tokenizer = {"words": _words, "unigram": _unigram}[phase.algorithm](lines, phase.vocabulary)
    write_text(folder / FILE, tokenizer.to_str(pretty=True))
    return folder / FILE


def _words(lines: list[str], vocabulary: int) -> Tokenizer:
    """The commonest words between white space; ties in alphabetical order."""
    counts = Counter(word for line in lines for word in line.split())
    common = sorted(counts, key=lambda word: (-counts[word], word))[: vocabulary - len(SPECIAL)]
    ids = {word: index for index, word in enumerate([*SPECIAL, *common])}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=UNK))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer


def _unigram(lines: list[str], vocabulary: int) -> Tokenizer:
    """SentencePiece's unigram model, as XLM-R has it.

    One thread: with more, and in the `tokenizers` trainer, sums in another order give another vocabulary each time.
    """
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        model_type="unigram",
        vocab_size=vocabulary,
        hard_vocab_limit=False,
        character_coverage=0.9995,
        normalization_rule_name="nfkc",
        num_threads=1,
        bos_id=0,
        pad_id=1,
        eos_id=2,
        unk_id=3,
        bos_piece=BOS,
        pad_piece=PAD,
        eos_piece=EOS,
        unk_piece=UNK,
        user_defined_symbols=[MASK],
        max_sentence_length=1 << 20,
        minloglevel=2,
    )
    learnt = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    pieces = [(learnt.id_to_piece(index), learnt.get_score(index)) for index in range(learnt.vocab_size())]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=pieces.index((UNK, 0.0))))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer
