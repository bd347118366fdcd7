"""Automatic rollback: when the served release is surely worse than mainline."""

from collections.abc import Sequence

from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.records.arm import Role
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.rules.comparable import incomparable
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
    how = Resampling.of(gate)
    found = paired(champion.passes, mainline.passes, samples, how)
    if found.high >= 0:
        return ""
    return (
        f"the served release is surely worse than mainline: {found.difference * 100:+.1f} points "
        f"({gate.confidence * 100:.3g}% interval {found.low * 100:+.1f} to {found.high * 100:+.1f}) "
        f"on {len(champion.passes)} problems × {samples} samples"
    )
