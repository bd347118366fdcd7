"""Draw one token per row by the Gumbel-max trick; each row has its own random stream."""

from collections.abc import Sequence
from typing import Any

from ct_retrain.adapters import _modelling
from ct_retrain.core.records.problem import Sampling

_FIRST_LOOK = 64
"""Number of top tokens tried for the nucleus before the whole vocabulary is sorted."""


class Draw:
    """One token per row: the greedy one, or the highest perturbed score within the nucleus."""

    def __init__(self, streams: Sequence[Any], sampling: Sampling) -> None:
        self._streams = streams
        self._sampling = sampling

    def __call__(self, logits: Any, rows: Sequence[int]) -> Any:
        if self._sampling.temperature == 0:
            return logits.argmax(-1)
        torch = _modelling.library("torch")
        race = torch.empty_like(logits)
        for line, row in zip(race, rows, strict=True):
            line.exponential_(generator=self._streams[row])
        scores, places = nucleus(logits / self._sampling.temperature, self._sampling.top_p)
        winner = (scores - race.gather(-1, places).log()).argmax(-1, keepdim=True)
        return places.gather(-1, winner)[:, 0]


def nucleus(logits: Any, top_p: float) -> tuple[Any, Any]:
    """Return log-probabilities, highest first, and their tokens; −inf outside the nucleus of *top_p*."""
    scores = logits.log_softmax(-1)
    best, places = scores.topk(min(_FIRST_LOOK, scores.shape[-1]), -1)
    reached = best.exp().cumsum(-1)
    if bool((reached[:, -1] < top_p).any()):
        best, places = scores.sort(-1, descending=True)
        reached = best.exp().cumsum(-1)
    outside = reached - best.exp() >= top_p
    return best.masked_fill(outside, float("-inf")), places
