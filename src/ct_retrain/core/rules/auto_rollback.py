"""Automatic rollback: when the served release is worse than mainline, and what is served instead."""

from collections.abc import Sequence

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.records.arm import Role
from ct_retrain.core.records.night import Move
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.rules.gate import incomparable
from ct_retrain.core.rules.statistics import Resampling, paired


def worse(scorecards: Sequence[Scorecard], gate: GateSettings) -> str:
    """Return why the champion is surely worse than mainline by the gate's rule; empty if that is not certain.

    Both must have been measured the same night, on the same problems and in the same way.
    """
    arms = {card.arm: card for card in scorecards}
    champion, mainline = arms.get(Role.CHAMPION), arms.get(Role.MAINLINE)
    if champion is None or mainline is None or incomparable((champion, mainline)):
        return ""
    samples = champion.sampling.samples
    how = Resampling(gate.confidence, gate.bootstrap, gate.seed)
    found = paired(champion.passes, mainline.passes, samples, how)
    if found.high >= 0:
        return ""
    return (
        f"the served release is surely worse than mainline: {found.difference * 100:+.1f} points "
        f"({gate.confidence * 100:.3g}% interval {found.low * 100:+.1f} to {found.high * 100:+.1f}) "
        f"on {len(champion.passes)} problems × {samples} samples"
    )


def earlier(moves: Sequence[Move], current: str | None) -> list[str]:
    """Return releases served before *current* from which nobody has rolled back, newest first.

    Publishing a release again cancels an earlier rollback from it. So repeated rollbacks end at mainline and
    never visit a release twice.
    """
    first: dict[str, int] = {}
    left: set[str] = set()
    for move in moves:
        for name in (move.source, move.target):
            if name is not None:
                first.setdefault(name, len(first))
        back = move.target is None or (move.source is not None and first[move.target] < first[move.source])
        if back and move.source is not None and move.who in ("rollback", "relapse"):
            left.add(move.source)
        if not back and move.target is not None:
            left.discard(move.target)
    since = first[current] if current in first else len(first)
    newest = sorted(first, key=lambda name: -first[name])
    return [name for name in newest if first[name] < since and name not in left]
