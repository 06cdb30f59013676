"""The 50 languages of XTREME-R, and how much of each a corpus has that models were pretrained on.

Joshi classes are those of Joshi et al. (2020), from lang2tax.txt; CC-100 sizes are Conneau et al. (2020), appendix A,
with Ukrainian as the authors corrected it, read in the multilingual-data-stats repository. Sizes are in GiB and not
in tokens, since whitespace tokens mean nothing in Chinese, Japanese and Thai.
"""

from collections.abc import Mapping
from typing import NamedTuple

ENGLISH = "en"  # what all training data are in
CC100 = "CC-100"  # what XLM-R was pretrained on


class Language(NamedTuple):
    """One language: ISO 639-1 code, Joshi class (0 least, 5 most resourced), GiB of CC-100 or None where absent."""

    iso: str
    name: str
    family: str
    script: str
    joshi_class: int
    cc100_gib: float | None


_TABLE = (
    Language("af", "Afrikaans", "Indo-European (Germanic)", "Latin", 3, 1.3),
    Language("ar", "Arabic", "Afro-Asiatic", "Arabic", 5, 28.0),
    Language("az", "Azerbaijani", "Turkic", "Latin", 1, 6.5),
    Language("bg", "Bulgarian", "Indo-European (Slavic)", "Cyrillic", 3, 57.5),
    Language("bn", "Bengali", "Indo-European (Indo-Aryan)", "Bengali", 3, 8.4),
    Language("de", "German", "Indo-European (Germanic)", "Latin", 5, 66.6),
    Language("el", "Greek", "Indo-European (Greek)", "Greek", 3, 46.9),
    Language("en", "English", "Indo-European (Germanic)", "Latin", 5, 300.8),
    Language("es", "Spanish", "Indo-European (Romance)", "Latin", 5, 53.3),
    Language("et", "Estonian", "Uralic", "Latin", 3, 6.1),
    Language("eu", "Basque", "isolate", "Latin", 4, 2.0),
    Language("fa", "Persian", "Indo-European (Iranian)", "Arabic (Perso-Arabic)", 4, 111.6),
    Language("fi", "Finnish", "Uralic", "Latin", 4, 54.3),
    Language("fr", "French", "Indo-European (Romance)", "Latin", 5, 56.8),
    Language("gu", "Gujarati", "Indo-European (Indo-Aryan)", "Gujarati", 1, 1.9),
    Language("he", "Hebrew", "Afro-Asiatic", "Hebrew", 3, 31.6),
    Language("hi", "Hindi", "Indo-European (Indo-Aryan)", "Devanagari", 4, 20.2),
    Language("ht", "Haitian Creole", "Creole", "Latin", 2, None),
    Language("hu", "Hungarian", "Uralic", "Latin", 4, 58.4),
    Language("id", "Indonesian", "Austronesian", "Latin", 3, 148.3),
    Language("it", "Italian", "Indo-European (Romance)", "Latin", 4, 30.2),
    Language("ja", "Japanese", "Japonic", "Japanese (Han+Kana)", 5, 69.3),
    Language("jv", "Javanese", "Austronesian", "Latin", 1, 0.2),
    Language("ka", "Georgian", "Kartvelian", "Georgian", 3, 9.1),
    Language("kk", "Kazakh", "Turkic", "Cyrillic", 3, 6.4),
    Language("ko", "Korean", "isolate (Koreanic)", "Hangul", 4, 54.2),
    Language("lt", "Lithuanian", "Indo-European (Baltic)", "Latin", 3, 13.7),
    Language("ml", "Malayalam", "Dravidian", "Malayalam", 1, 7.6),
    Language("mr", "Marathi", "Indo-European (Indo-Aryan)", "Devanagari", 2, 2.8),
    Language("ms", "Malay", "Austronesian", "Latin", 3, 8.5),
    Language("my", "Burmese", "Sino-Tibetan", "Burmese", 1, 2.0),
    Language("nl", "Dutch", "Indo-European (Germanic)", "Latin", 4, 29.3),
    Language("pa", "Punjabi", "Indo-European (Indo-Aryan)", "Gurmukhi", 2, 0.8),
    Language("pl", "Polish", "Indo-European (Slavic)", "Latin", 4, 44.6),
    Language("pt", "Portuguese", "Indo-European (Romance)", "Latin", 4, 49.1),
    Language("qu", "Quechua", "Quechuan", "Latin", 1, None),
    Language("ro", "Romanian", "Indo-European (Romance)", "Latin", 3, 61.4),
    Language("ru", "Russian", "Indo-European (Slavic)", "Cyrillic", 4, 278.0),
    Language("sw", "Swahili", "Niger-Congo", "Latin", 2, 1.6),
    Language("ta", "Tamil", "Dravidian", "Tamil", 3, 12.2),
    Language("te", "Telugu", "Dravidian", "Telugu", 1, 4.7),
    Language("th", "Thai", "Kra-Dai", "Thai", 3, 71.7),
    Language("tl", "Tagalog", "Austronesian", "Latin", 3, 3.1),
    Language("tr", "Turkish", "Turkic", "Latin", 4, 20.9),
    Language("uk", "Ukrainian", "Indo-European (Slavic)", "Cyrillic", 3, 84.6),
    Language("ur", "Urdu", "Indo-European (Indo-Aryan)", "Arabic (Perso-Arabic)", 3, 5.7),
    Language("vi", "Vietnamese", "Austro-Asiatic", "Latin", 4, 137.3),
    Language("wo", "Wolof", "Niger-Congo", "Latin", 2, None),
    Language("yo", "Yoruba", "Niger-Congo", "Latin", 2, None),
    Language("zh", "Mandarin Chinese", "Sino-Tibetan", "Han", 5, 63.5),
)

LANGUAGES = {language.iso: language for language in _TABLE}

# GiB by language of each corpus whose sizes are known.
CORPORA: Mapping[str, Mapping[str, float]] = {
    CC100: {language.iso: language.cc100_gib for language in _TABLE if language.cc100_gib is not None}
}
