"""How long an answer may become: thoughts and answer have their own limits, and the model's window is the last one.

Promise: where an answer is cut depends on its own tokens alone, never on what is drawn beside it.
"""

import sys
from collections.abc import Callable, Sequence

from ct_retrain.core.records.problem import Sampling
from ct_retrain.core.rules.thoughts import mentions_thought, split_thoughts

_LOOK = 24
"""Tokens that the longest mark of a thought may take."""


class Ration:
    """The limit of one answer, asked after each of its tokens."""

    def __init__(self, sampling: Sampling, room: int | None, text: Callable[[Sequence[int]], str]) -> None:
        """*room* is what the window leaves after the prompt; *text* decodes, with the thought that the prompt opened."""
        self._sampling = sampling
        self._longest = min(sampling.longest, sys.maxsize if room is None else room)
        self._text = text
        self._thinking = bool(sampling.max_thinking_tokens) and split_thoughts(text(())).unfinished
        self._began = 0

    def spent(self, ids: Sequence[int]) -> bool:
        """Whether *ids* may not be followed by another token.

        While the model thinks it may use both limits together; what follows the thought may have `max_new_tokens`.
        """
        if len(ids) >= self._longest:
            return True
        if not self._sampling.max_thinking_tokens:
            return False
        if mentions_thought(self._text(ids[-_LOOK:])):
            thinking = split_thoughts(self._text(ids)).unfinished
            if self._thinking and not thinking:
                self._began = len(ids)
            self._thinking = thinking
        return not self._thinking and len(ids) - self._began >= self._sampling.max_new_tokens
