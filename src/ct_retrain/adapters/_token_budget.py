"""Limit the length of an answer: thoughts and answer have limits of their own, within the model's window.

Where an answer is cut depends only on its own tokens, not on others in the batch.
"""

import sys
from collections.abc import Callable, Sequence

from ct_retrain.core.records.problem import Sampling
from ct_retrain.core.rules.thoughts import mentions_thought, split_thoughts

_LOOK = 24
"""Maximum tokens of the longest mark of a thought."""


class AnswerBudget:
    """The limit of one answer, checked after each token."""

    def __init__(self, sampling: Sampling, room: int | None, text: Callable[[Sequence[int]], str]) -> None:
        """*room* is what the window leaves after the prompt; *text* decodes, with the thought the prompt
        opened.
        """
        self._sampling = sampling
        self._longest = min(sampling.longest, sys.maxsize if room is None else room)
        self._text = text
        self._thinking = bool(sampling.max_thinking_tokens) and split_thoughts(text(())).unfinished
        self._began = 0

    def spent(self, ids: Sequence[int]) -> bool:
        """Whether no further token may follow *ids*.

        During a thought both limits together apply; what follows the thought may have `max_new_tokens`.
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
