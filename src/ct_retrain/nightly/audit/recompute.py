"""Recomputes a night's results from what it kept: the dataset, scorecards, the decision, verdicts.

Equal results confirm a claim. Different results deny it only if inputs and tools are those of the night; otherwise the
claim is unknown, and the difference is reported.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.record import Tool, digest
from ct_retrain.core.records.audit import Claim
from ct_retrain.core.records.decision import Decision
from ct_retrain.core.records.night import (
    BenchmarkFacts,
    Manifest,
    NightRecord,
    Provenance,
)
from ct_retrain.core.records.problem import (
    Problem,
    Sample,
    Scorecard,
    Suite,
)
from ct_retrain.core.rules.contenders import decide_arms, unloadable_in
from ct_retrain.core.rules.interim_looks import Look, looks
from ct_retrain.core.rules.scoring import EvalSpec, scorecard
from ct_retrain.core.workspace import SAMPLES
from ct_retrain.judge.fanout import check_all
from ct_retrain.nightly.audit.proofs import same_dataset
from ct_retrain.nightly.night import Night
from ct_retrain.nightly.run import stages
from ct_retrain.stages.curate import FORMAL
from ct_retrain.suites.answer import NO_MODULE, rtl_of
from ct_retrain.suites.health import aids_of, health
from ct_retrain.suites.load import load_suite

DATASET_CLAIM = "dataset: curate gives the same result again, apart from proofs"
SCORECARDS_CLAIM = "scorecards: the kept answers give the same figures"
DECISION_CLAIM = "decision: it follows from the scorecards"
ANSWERS_CLAIM = "answers: simulated again, they have the same outcomes"
_COUNTS = (
    "passes",
    "outcomes",
    "compile_rate",
    "finished_rate",
    "forged",
    "sampling",
    "tools",
    "suite_digest",
)
"""Fields of a scorecard that do not depend on a library's version."""


def dataset_claim(night: Night, record: NightRecord, done: tuple[Manifest, Manifest]) -> Claim:
    """Run curate again on collect's files, in a scratch directory; *done* are the manifests of collect and curate.

    Proofs depend on the time that was available, so `proofs.proofs` checks them.
    """
    collected, curated = done
    unproved = night._replace(ports=night.ports._replace(formal=None))
    try:
        step, fill = stages.STEPS["curate"](unproved, [collected])
        with tempfile.TemporaryDirectory(prefix="ct-retrain-verify-") as scratch:
            fill(Path(scratch))
            made, kept = Path(scratch), night.directory / "curate"
            named = [file for file in curated.files if file.path != FORMAL]
            other = [
                file.path
                for file in named
                if disk.difference(made / file.path, file)
                and not same_dataset(made / file.path, kept / file.path)
            ]
    except (CorruptStateError, UsageError) as error:
        return _claim(DATASET_CLAIM, "unknown", str(error))
    if not other:
        return _claim(DATASET_CLAIM, "confirmed")
    if step.key == curated.key:
        return _claim(
            DATASET_CLAIM, "denied", f"the same inputs and tools give another {' and '.join(other)}"
        )
    why = f"the result is another {' and '.join(other)}, but these differ: {what_differs(night, record)}"
    return _claim(DATASET_CLAIM, "unknown", why)


def scorecards_claim(night: Night, record: NightRecord, measured: Manifest) -> Claim:
    """Compute the scorecards again from the kept answers and their verdicts."""
    facts = _facts(measured)
    if not facts.scorecards:
        return _claim(SCORECARDS_CLAIM, "confirmed", "there are none: the adapter did not load")
    suite = _suite(night, facts)
    if isinstance(suite, str):
        return _claim(SCORECARDS_CLAIM, "unknown", f"{suite}: {what_differs(night, record)}")
    for card in facts.scorecards:
        derived = list(_derived(night, suite, card))
        if card in (derived if card.answers else [_without_answers(one) for one in derived]):
            continue
        counted = [
            one for one in derived if all(getattr(one, name) == getattr(card, name) for name in _COUNTS)
        ]
        numbers = _libraries(night, record)
        if counted and numbers:
            return _claim(
                SCORECARDS_CLAIM,
                "unknown",
                f"the counts of {card.arm} are right, its intervals differ: {numbers}",
            )
        return _claim(SCORECARDS_CLAIM, "denied", f"the kept answers of {card.arm} give another scorecard")
    return _claim(SCORECARDS_CLAIM, "confirmed", f"{len(facts.scorecards)} arms")


def decision_claim(night: Night, record: NightRecord, measured: Manifest) -> Claim:
    """Apply the gate again."""
    facts = _facts(measured)
    if not facts.scorecards:
        return _claim(DECISION_CLAIM, "unknown", "whether the adapter loads cannot be tested here")
    look, smallest = _look(night, facts.scorecards[0]), night.settings.min_delta_score
    again = decide_arms(facts.scorecards, look.gate, smallest, unloadable_in(facts.decision))
    if _figures(again) == _figures(facts.decision):
        return _claim(DECISION_CLAIM, "confirmed", again.kind)
    numbers = _libraries(night, record)
    if again.kind == facts.decision.kind and numbers:
        return _claim(DECISION_CLAIM, "unknown", f"it is {again.kind} again, with other figures: {numbers}")
    if numbers:
        return _claim(DECISION_CLAIM, "unknown", f"it would be {again.kind}, with other libraries: {numbers}")
    return _claim(DECISION_CLAIM, "denied", f"the gate says {again.kind}: {again.evidence.explanation}")


def _figures(decided: Decision) -> dict[str, object]:
    """Return a decision without its explanations, whose wording may differ between versions."""
    words = {"evidence": {"explanation"}}
    return decided.model_dump(exclude={**words, "others": {"__all__": words}})


def answers_claim(night: Night, record: NightRecord, measured: Manifest) -> Claim:
    """Simulate every kept answer again, and compare the outcomes."""
    facts = _facts(measured)
    if not facts.scorecards:
        return _claim(ANSWERS_CLAIM, "confirmed", "there are none")
    suite = _suite(night, facts)
    if isinstance(suite, str):
        return _claim(ANSWERS_CLAIM, "unknown", f"{suite}: {what_differs(night, record)}")
    problems = {problem.id: problem for problem in suite.problems}
    files = [samples for card in facts.scorecards for samples in _kept(night, card)]
    kept = [(problems[one.problem_id], one) for samples in files for one in samples]
    other = list(_ended_otherwise(night, kept))
    if not other:
        return _claim(ANSWERS_CLAIM, "confirmed", f"{len(kept)} answers")
    what = f"{len(other)} of {len(kept)}; {other[0]}"
    changed = _changed(record.provenance, night.ports.provenance())
    if changed:
        return _claim(ANSWERS_CLAIM, "unknown", f"{what}; {changed}")
    return _claim(ANSWERS_CLAIM, "denied", what)


def _ended_otherwise(night: Night, kept: list[tuple[Problem, Sample]]) -> Iterator[str]:
    texts = [rtl_of(problem, one.text) for problem, one in kept]
    designs = (problem.design(rtl or NO_MODULE) for (problem, _), rtl in zip(kept, texts, strict=True))
    verdicts = check_all(night.ports.simulator, designs, night.settings.judge.workers)
    for (_, one), rtl, verdict in zip(kept, texts, verdicts, strict=True):
        was = one.verdict
        name = f"{one.problem_id} #{one.index}"
        if rtl != one.rtl:
            yield f"{name}: another RTL is found in the answer"
        elif rtl and (verdict.outcome, verdict.checks) != (was.outcome, was.checks):
            yield f"{name} was {was.outcome} after {was.checks} checks, and is {verdict.outcome} after {verdict.checks}"
        elif not rtl and was.passed:
            yield f"{name} holds no module, and was a pass"


def what_differs(night: Night, record: NightRecord) -> str:
    """Return what has changed since that night, as far as the record tells."""
    found = _changed(record.provenance, night.ports.provenance())
    return found or "the suite, data of earlier nights, or a tool that the record does not name"


def _changed(then: Provenance, now: Provenance) -> str:
    tools = {tool.name: tool for tool in now.tools}
    found = [
        f"{tool.name} was {tool.version}"
        + (f" and is {tools[tool.name].version}" if tool.name in tools else "")
        for tool in then.tools
        if tool != tools.get(tool.name)
    ]
    found += [
        f"{name} was {was} and is {now.packages.get(name, 'gone')}" for name, was in _packages(then, now)
    ]
    if (then.version, then.commit, then.dirty) != (now.version, now.commit, now.dirty):
        found.append(
            f"ct-retrain was {then.version} {then.commit[:12]} and is {now.version} {now.commit[:12]}"
        )
    return "; ".join(found)


def _packages(then: Provenance, now: Provenance) -> list[tuple[str, str]]:
    return [(name, was) for name, was in then.packages.items() if now.packages.get(name) != was]


def _libraries(night: Night, record: NightRecord) -> str:
    """Return the libraries behind intervals and tests whose version has changed."""
    found = _packages(record.provenance, night.ports.provenance())
    return "; ".join(f"{name} was {was}" for name, was in found if name in ("numpy", "scipy"))


def _facts(measured: Manifest) -> BenchmarkFacts:
    if not isinstance(measured.facts, BenchmarkFacts):
        message = f"the manifest of benchmark of {measured.night} does not hold benchmark facts: restore it from the snapshot"
        raise CorruptStateError(message)
    return measured.facts


def _suite(night: Night, facts: BenchmarkFacts) -> Suite | str:
    """Return the problems that were asked, as they are today; or why they are not available."""
    try:
        suite = load_suite(night.settings.benchmark.suite, night.workspace.root)
    except UsageError as error:
        return f"the suite cannot be read: {error}"
    simulator, settings = night.ports.simulator, night.settings
    aids = aids_of(simulator, second=settings.benchmark.second_simulator)
    found = health(suite, simulator, settings.judge.workers, aids).suite
    if found.digest != facts.scorecards[0].suite_digest:
        return f"the usable problems of suite {suite.name} are not those of the night"
    return found


def _derived(night: Night, suite: Suite, card: Scorecard) -> Iterator[Scorecard]:
    eval_spec = EvalSpec(suite, card.sampling, _look(night, card).gate, card.tools[0])
    for samples in _kept(night, card):
        for model in _models(card):
            yield scorecard(eval_spec, card.arm, model, samples)


def _without_answers(card: Scorecard) -> Scorecard:
    """Return *card* in the form of versions that stored no digest of the answers."""
    return card.model_copy(update={"answers": ""})


def _models(card: Scorecard) -> list[Tool]:
    """Return the generator that the card names: by its detail, or by its name if it has no detail."""
    _, generator = card.tools
    told = [
        Tool(name=generator.name, version=generator.version, detail=detail) for detail in (card.model, "")
    ]
    return [tool for tool in told if digest(tool) == card.model_digest]


def _kept(night: Night, card: Scorecard) -> Iterator[list[Sample]]:
    for path in sorted((night.directory / "benchmark" / SAMPLES).glob(f"{card.arm}-*.jsonl")):
        yield [one for one in disk.read_lines(path, Sample) if one.index < card.sampling.samples]


def _look(night: Night, card: Scorecard) -> Look:
    every = looks(night.settings.benchmark, night.settings.gate)
    return next((look for look in every if look.samples == card.sampling.samples), every[-1])


def _claim(claim: str, finding: str, why: str = "") -> Claim:
    return Claim.model_validate({"claim": claim, "finding": finding, "why": why})
