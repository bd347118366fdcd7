"""Makes a promoted adapter the target of `latest_nightly`. Only a Promote, or a named person, can do this.

Write order: release directory, canary, link, history. Steps already done are skipped, so an interrupted publish ends
the same when it is started again.
"""

from pathlib import Path
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.ports import Generators, Simulator
from ct_retrain.core.records.decision import Decision, Promote
from ct_retrain.core.records.night import (
    BenchmarkFacts,
    Canary,
    CurateFacts,
    PublishFacts,
    Release,
    TrainFacts,
)
from ct_retrain.core.records.problem import Scorecard, Suite
from ct_retrain.releases import (
    RELEASE,
    SCORECARD,
    MoveReason,
    latest,
    move_latest,
    moves_of,
    pointed,
    release_name,
    verified,
)
from ct_retrain.stages._canary import CANARY, easiest, smoke_test
from ct_retrain.stages._model_card import (
    CARD,
    DATA,
    CardInputs,
    data_card,
    merged_card,
    model_card,
)

__all__ = ["CANARY", "CARD", "DATA"]


class PublishInputs(NamedTuple):
    """What is published, and where."""

    night: str
    models: Path
    adapter: Path
    base: str
    metrics: dict[str, float]
    suite: Suite
    trained: TrainFacts
    curated: CurateFacts
    measured: BenchmarkFacts

    @property
    def scorecard(self) -> Scorecard:
        """What the adapter achieved tonight; raise CorruptStateError for one that was never measured."""
        card = self.measured.decided
        if card is None:
            raise CorruptStateError(f"night {self.night} never measured {self.measured.decision.arm}")
        return card


def publish(
    out: Path, inputs: PublishInputs, decision: Promote, generators: Generators, simulator: Simulator
) -> PublishFacts:
    """Copy the adapter to a read-only release, test it (the canary), move `latest_nightly` to it, and record that.

    If the canary fails, the release stays but the pointer does not move. Raise ToolError if the copy does not load.
    """
    name = _released(inputs, decision, forced="")
    canary = _canary(out, inputs, generators, simulator)
    if not canary.compiles:
        return PublishFacts(release=None, archive=None, latest=latest(inputs.models), canary=canary)
    why = decision.evidence.explanation
    move_latest(inputs.models, name, MoveReason(inputs.night, why, "night", decision.kind))
    return PublishFacts(release=name, archive=None, latest=name, canary=canary)


class Force(NamedTuple):
    """A decision other than Promote, and why a person publishes nevertheless."""

    decision: Decision
    because: str


def publish_forced(
    out: Path, inputs: PublishInputs, force: Force, generators: Generators, simulator: Simulator
) -> str:
    """Publish an adapter that was not promoted, because a person asks for it; release and history record who and why.

    *out* is an empty directory to work in. Return the name of the release; raise UsageError if the canary fails,
    because only the gate can be overruled.
    """
    decision, because = force
    name = _released(inputs, decision, forced=because)
    canary = _canary(out, inputs, generators, simulator)
    if not canary.compiles:
        raise UsageError(f"{silent(canary)}: {inputs.models / name} stays as it is, and nothing was moved")
    why = f"forced against {decision.kind}: {because}"
    move_latest(inputs.models, name, MoveReason(inputs.night, why, "promote", decision.kind))
    return name


def silent(canary: Canary) -> str:
    """Describe the answers of a canary that failed, in words."""
    said = zip(canary.asked, canary.outcomes, strict=True)
    answers = ", ".join(f"{problem}: {outcome}" for problem, outcome in said) or "no problem to ask"
    return f"the published copy of the adapter writes nothing that compiles ({answers})"


def _canary(out: Path, inputs: PublishInputs, generators: Generators, simulator: Simulator) -> Canary:
    """Verify every byte of the release, load it from its directory, and run the canary."""
    name = release_name(inputs.night)
    verified(inputs.models, name)
    card = inputs.scorecard
    generator = generators.open(inputs.models / name)
    return smoke_test(out, easiest(inputs.suite.problems, card), card.sampling, generator, simulator)


def _released(inputs: PublishInputs, decision: Decision, *, forced: str) -> str:
    """Return the name of the release directory, made if needed; an incomplete one of another adapter is replaced.

    Raise CorruptStateError if another adapter was already served under this name.
    """
    name = release_name(inputs.night)
    target = disk.make_directory(inputs.models) / name
    staging = disk.staging_for(target)
    wanted = _stage(staging, inputs, decision, forced)
    if not target.exists() or not _same(disk.read_record(target / RELEASE, Release), wanted):
        if name == pointed(inputs.models) or any(name == move.target for move in moves_of(inputs.models)):
            message = (
                f"{target} was already served and differs from tonight's release: was a setting changed since? "
                f"Put it back, or start another night with --night {inputs.night}.2"
            )
            raise CorruptStateError(message)
        disk.remove_tree(target)
        disk.publish_tree(staging, target)
    disk.remove_tree(staging)
    return name


def _same(there: Release, wanted: Release) -> bool:
    """Whether two releases are equal except for texts meant for people."""

    def told(release: Release) -> Release:
        files = tuple(file for file in release.files if file.path not in (CARD, DATA))
        return release.model_copy(update={"files": files})

    return told(there) == told(wanted)


def _stage(staged: Path, inputs: PublishInputs, decision: Decision, forced: str) -> Release:
    disk.copy_tree(inputs.adapter, staged)
    facts = _card_inputs(inputs, decision, forced)
    disk.write_text(staged / CARD, model_card(facts))
    disk.write_text(staged / DATA, data_card(facts))
    disk.write_record(staged / SCORECARD, inputs.scorecard)
    release = Release(
        night=inputs.night,
        base=inputs.base,
        decision=decision,
        forced=forced,
        metrics=inputs.metrics,
        dataset_sha256=inputs.curated.dataset_sha256,
        files=disk.file_refs(staged),
    )
    disk.write_record(staged / RELEASE, release)
    return release


def _card_inputs(inputs: PublishInputs, decision: Decision, forced: str) -> CardInputs:
    return CardInputs(
        night=inputs.night,
        base=inputs.base,
        trained=inputs.trained,
        curated=inputs.curated,
        measured=inputs.measured,
        scorecard=inputs.scorecard,
        suite=inputs.suite,
        decision=decision,
        forced=forced,
    )


def write_merged_cards(out: Path, inputs: PublishInputs) -> None:
    """Write into *out*, where the adapter of *inputs* is merged into its base, what a release says of itself."""
    release = inputs.models / release_name(inputs.night) / RELEASE
    forced = disk.read_record(release, Release).forced if release.exists() else ""
    facts = _card_inputs(inputs, inputs.measured.decision, forced)
    disk.write_text(out / CARD, merged_card(facts))
    disk.write_text(out / DATA, data_card(facts))
