"""Challengers of nights that are over: who was trained when, for how long, and how it did beside the default recipe."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ct_retrain.core.configuration.recipes import challenger_settings, recipe_digest
from ct_retrain.core.configuration.settings import TrainSettings
from ct_retrain.core.records.arm import RecipeName
from ct_retrain.core.records.night import BenchmarkFacts, NightRecord, TrainFacts
from ct_retrain.core.records.recipe import ComparedNight, RecipeEvidence
from ct_retrain.core.records.training import Fit
from ct_retrain.core.rules.recipe_evidence import comparisons_of
from ct_retrain.core.rules.rotation import ChallengerTurn
from ct_retrain.core.workspace import Workspace
from ct_retrain.manifests import facts_of
from ct_retrain.nightly.records.index import newest_first, records

CHALLENGED = "train.challengers"
"""The figure of a night that says how many challengers it trained: only such nights are looked into."""


class ChallengedNight(NamedTuple):
    """What a night that had challengers trained."""

    record: NightRecord
    trained: TrainFacts


def challenged_nights(workspace: Workspace) -> Iterator[ChallengedNight]:
    """Every night on record that trained challengers, oldest first; one whose manifests are gone is left out."""
    for record in records(workspace):
        facts = facts_of(workspace, record, TrainFacts) if record.metrics.get(CHALLENGED) else None
        if facts is not None:
            yield ChallengedNight(record, facts)


def compared_nights(workspace: Workspace) -> Iterator[ComparedNight]:
    """What every night on record shows of its challengers, oldest first."""
    for record, trained in challenged_nights(workspace):
        measured = facts_of(workspace, record, BenchmarkFacts)
        if measured is not None:
            yield from comparisons_of(record.night, trained, measured.scorecards)


def recipes_now(ended: Sequence[NightRecord], train: TrainSettings) -> tuple[RecipeEvidence, ...]:
    """The evidence on the challengers of *train* against its default recipe, as the last of *ended* that had any left it.

    A challenger has the name that it has now.
    """
    last = next((one for one in reversed(ended) if one.recipes), None)
    names = {recipe_digest(one): name for name, one in challenger_settings(train).items()}
    usual = recipe_digest(train)
    return tuple(
        one.model_copy(update={"challenger": names[one.recipe]})
        for one in (last.recipes if last else ())
        if one.recipe in names and one.default == usual
    )


def turns_of(workspace: Workspace, names: Iterable[RecipeName]) -> list[ChallengerTurn]:
    """When each of *names* was trained last, and what that took; a new one is taken to need what the default recipe did."""
    usual = _usual_fit(workspace)
    seconds, tokens = (usual.seconds, usual.all_tokens) if usual else (None, None)
    last: dict[RecipeName, ChallengerTurn] = {
        name: ChallengerTurn(name, None, seconds, tokens or None) for name in names
    }
    for record, trained in challenged_nights(workspace):
        for one in trained.challengers:
            if one.name in last:
                known = last[one.name] if one.failed else one
                last[one.name] = ChallengerTurn(one.name, record.night, known.seconds, known.tokens or None)
    return list(last.values())


def _usual_fit(workspace: Workspace) -> Fit | None:
    """The last training by the default recipe; None if there is none on record."""
    for record in newest_first(workspace):
        facts = facts_of(workspace, record, TrainFacts) if record.hyperparameters else None
        if facts is not None and not facts.held:
            return facts.fit
    return None
