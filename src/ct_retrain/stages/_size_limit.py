"""Chooses the examples to keep when the dataset must be smaller than the number of verified examples."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from ct_retrain.core.record import Rejected
from ct_retrain.core.records.dataset import Example


def most_valuable(
    examples: Sequence[Example], limit: int, refuse: Callable[[Rejected], None]
) -> list[Example]:
    """Return at most *limit* of *examples* (0: all), in their order.

    Categories take turns, the rarest first, so that none is crowded out. Within a category, an example that needed
    more attempts comes first (the model did not know it), then the more thoroughly checked one, then the newer one.
    """
    if not limit or len(examples) <= limit:
        return list(examples)
    queues: dict[str, list[Example]] = defaultdict(list)
    for example in sorted(examples, key=_value, reverse=True):
        queues[example.metadata.category].append(example)
    order = sorted(queues.values(), key=lambda queue: (len(queue), queue[0].metadata.category))
    ranked = [queue[turn] for turn in range(len(order[-1])) for queue in order if turn < len(queue)]
    kept = {id(example) for example in ranked[:limit]}
    for example in ranked[limit:]:
        refuse(
            Rejected(subject=example.metadata.run_id, reason="over_limit", detail=f"max_records is {limit}")
        )
    return [example for example in examples if id(example) in kept]


def _value(example: Example) -> tuple[int, int, str, str]:
    facts = example.metadata
    return facts.attempts, facts.checks, facts.generated_at, facts.spec_hash
