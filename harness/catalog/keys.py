"""When two texts count as the same one, and the short key that such texts share."""

import hashlib
import unicodedata

# Thai, Lao, Burmese, kana and Han are written without spaces: there a letter counts as a word.
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x3040, 0x30FF), (0x3400, 0x9FFF))


def words(text: str) -> list[str]:
    """Words of a text in the form in which texts are compared: NFKC, casefolded, letters and digits alone."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS).split()


def key(text: str) -> str:
    """The key of a text, 12 hexadecimal digits; texts that differ in spacing, case or signs alone share it."""
    return key_of(words(text))


def key_of(normalised: list[str]) -> str:
    """The key of a text given by its `words`."""
    return hashlib.sha256("".join(normalised).encode()).hexdigest()[:12]


class _Letters(dict[int, str]):
    """What becomes of each character, filled as characters are met: `str.translate` asks for them by number."""

    def __missing__(self, number: int) -> str:
        character = chr(number)
        if any(first <= number <= last for first, last in _UNSPACED):
            kept = f" {character} "
        elif character.isspace():
            kept = " "
        else:
            kept = character if character.isalnum() else ""
        self[number] = kept
        return kept


_LETTERS = _Letters()
