"""How well a command fits what someone types to find it."""

from __future__ import annotations

import re
from collections.abc import Sequence

WORD_START, ANYWHERE, BESIDE, LETTERS = 8, 5, 3, 1
"""A typed word begins a word of the text, is in it, is in the menu or the keys, or only its
letters come in the text in that order."""


def score(query: str, text: str, menu: str, keys: Sequence[str]) -> int | None:
    """The larger the better; None where a word of the query fits nothing. Case is ignored."""
    total = 0
    beside = f"{menu} {' '.join(keys)}".lower()
    for word in query.lower().split():
        points = _points(word, text.lower(), beside)
        if points is None:
            return None
        total += points
    return total


def _points(word: str, text: str, beside: str) -> int | None:
    if re.search(rf"\b{re.escape(word)}", text):
        return WORD_START
    if word in text:
        return ANYWHERE
    if word in beside:
        return BESIDE
    return LETTERS if _in_order(word, text) else None


def _in_order(word: str, text: str) -> bool:
    letters = iter(text)
    return all(letter in letters for letter in word)
