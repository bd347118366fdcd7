"""Compare questions by words that few problems share: copies and paraphrases are near, boilerplate does not
count.

Plain word n-grams would find any two problems of a suite alike, because a suite uses the same phrases. Here a
word or a pair of words is weighted by its squared inverse document frequency within the suites, and one that
a tenth of a suite's problems share has weight 0. The similarity is the weight shared by row and problem,
divided by the problem's.
"""

import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

_WORD = re.compile(
    r"\d+\s*'\s*s?(?P<base>[bodh])\s*(?P<digits>[0-9a-fxz_?]+)|[^\W\d_][\w$]*(?:'[a-z]+)?|\d+", re.IGNORECASE
)
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NUMBERS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
]
_SPELLED = {name: str(value) for value, name in enumerate(_NUMBERS)} | {
    "thirty-two": "32",
    "sixty-four": "64",
}
_BASES = {"b": 2, "o": 8, "d": 10, "h": 16}
_LEAST = 200
"""Minimum number of problems for frequencies: among three problems nothing can be called rare."""
_ENDINGS = ("ings", "ing", "ed", "es", "s")


class ComparableQuestion(NamedTuple):
    """A question in the form that is compared."""

    exact: str
    """Its words in order, lower case, without spacing and punctuation."""
    features: frozenset[str]
    """Words and pairs of adjacent words."""
    numbers: Mapping[str, int]
    """Value → count, of digits, Verilog literals and spelled numbers, without 0 and 1."""


def question_words(text: str) -> ComparableQuestion:
    """Split *text* into words; Chinese, Japanese and Korean into characters."""
    said = [_word(found) for found in _WORD.finditer(_WIDE.sub(r" \g<0> ", text))]
    stems = [_stem(word) for word in said]
    pairs = (f"{first} {second}" for first, second in itertools.pairwise(stems))
    numbers = Counter(word for word in stems if _is_number(word) and word not in {"0", "1"})
    return ComparableQuestion(" ".join(said), frozenset((*stems, *pairs)), numbers)


def _word(found: re.Match[str]) -> str:
    if found["base"]:
        digits = found["digits"].replace("_", "").lower()
        try:
            return str(int(digits, _BASES[found["base"].lower()]))
        except ValueError:
            return digits
    return found[0].lower()


def _stem(word: str) -> str:
    if word in _SPELLED:
        return _SPELLED[word]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) >= len(ending) + 4 and word.isalpha():
            return word[: -len(ending)]
    return word.lstrip("0") or "0" if _is_number(word) else word


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit()


def agreement(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Return the share of the numbers of two questions that both name; 1 if neither names any."""
    if not one and not other:
        return 1.0
    return len(one.keys() & other.keys()) / len(one.keys() | other.keys())


class SimilarityIndex:
    """Index for finding similar feature sets."""

    def __init__(self, suites: Sequence[Sequence[frozenset[str]]], common: float = 0.1) -> None:
        """Weight the features of *suites*; one that more than the share *common* of a suite holds has weight
        0.

        A feature that at most three of a suite hold always counts, because a small suite has no smaller
        shares. A feature's frequency is the greatest among the suites, so that a problem in several suites
        keeps its weight.
        """
        size = max(_LEAST, *map(len, suites), 0)
        frequency: Counter[str] = Counter()
        phrases: set[str] = set()
        for suite in suites:
            counts = Counter(feature for one in suite for feature in one)
            phrases |= {feature for feature, count in counts.items() if count > max(3, common * len(suite))}
            for feature, count in counts.items():
                frequency[feature] = max(frequency[feature], count)
        self._weights = {
            feature: math.log(size / count) ** 2
            for feature, count in frequency.items()
            if feature not in phrases
        }
        self._holders: defaultdict[str, list[int]] = defaultdict(list)
        self._totals: list[float] = []
        for number, one in enumerate(one for suite in suites for one in suite):
            self._totals.append(self.weight(one))
            for feature in one:
                if feature in self._weights:
                    self._holders[feature].append(number)

    def weight(self, features: Iterable[str]) -> float:
        """Return the total weight of *features*."""
        return math.fsum(self._weights.get(feature, 0.0) for feature in features)

    def nearest(self, features: frozenset[str], most: int = 5) -> list[tuple[int, float]]:
        """Return the *most* sets that share most of their weight with *features*, as number → share."""
        shared: defaultdict[int, float] = defaultdict(float)
        for feature in sorted(features & self._weights.keys()):
            for number in self._holders[feature]:
                shared[number] += self._weights[feature]
        found = ((number, min(1.0, weight / self._totals[number])) for number, weight in shared.items())
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:most]
