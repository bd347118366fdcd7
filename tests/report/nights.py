"""Nights to report on: real ones of a small town that end in every way, and many of a large one, made up whole."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from tests.fakes import Scripted
from tests.small_workspace import SmallWorkspace, Taught, found, leave_trace, live, other_problem

from ct_retrain import disk
from ct_retrain.core.configuration.settings import GateSettings
from ct_retrain.core.ports import Generator
from ct_retrain.core.record import Tool
from ct_retrain.core.records.arm import ArmId
from ct_retrain.core.records.experiment import (
    Answer,
    ArmCost,
    ArmDifference,
    ArmEnd,
    ArmScore,
    ExperimentResult,
    SuiteFacts,
)
from ct_retrain.core.records.night import (
    BenchmarkFacts,
    Manifest,
    ManifestRef,
    Move,
    NightOutcome,
    NightRecord,
    Provenance,
)
from ct_retrain.core.records.problem import (
    Estimate,
    Sampling,
    Scorecard,
)
from ct_retrain.core.rules.gate import decide
from ct_retrain.core.workspace import Workspace

PUBLISHED, NOTHING, HELD, REJECTED = "2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"


class Answering(Taught):
    """A learner whose candidate gives these answers, by width, whatever it was trained on."""

    def __init__(self, answers: Mapping[int, str]) -> None:
        super().__init__({})
        self._said = {other_problem(width).spec: text for width, text in answers.items()}

    def open(self, adapter: Path | None) -> Generator:
        if adapter is None or adapter.name != "adapter":
            return super().open(adapter)
        return Scripted(self._said, "answering")


def four_nights(root: Path) -> SmallWorkspace:
    """One published, one with nothing new, one held, one rejected."""
    small = found(root)
    for width in range(2, 8):
        leave_trace(small.workspace, f"run_{width}", width, fails_first=width == 3)
    small.workspace.runs.joinpath("run_3/trace.jsonl").open("a").write("no JSON\n")
    live(small, PUBLISHED)
    live(small, NOTHING)
    leave_trace(small.workspace, "run_8", 8)
    strict = small.settings.model_copy(update={"min_delta_score": 0.9})
    live(small._replace(settings=strict), HELD)
    leave_trace(small.workspace, "run_9", 9)
    forgetful = found(root.with_name(f"{root.name}-other"), forgets=True).learner
    live(small._replace(ports=small.ports._replace(trainer=forgetful)), REJECTED)
    root.joinpath("ct-retrain.toml").write_text('[benchmark]\nsuite = "suite.jsonl"\n')
    return small


def answered(root: Path, answers: Mapping[int, str]) -> tuple[SmallWorkspace, NightRecord]:
    """A night whose candidate gave *answers*."""
    small = found(root)
    leave_trace(small.workspace, "run_2", 2)
    learner = Answering(answers)
    small = small._replace(ports=small.ports._replace(generators=learner))
    return small, live(small, PUBLISHED)


class Made(NamedTuple):
    """How large a made-up history is."""

    nights: int
    problems: int
    samples: int = 10


def many_nights(workspace: Workspace, made: Made) -> list[NightRecord]:
    """Nights of a made-up suite, all measured: records, manifests and moves, nothing else."""
    disk.make_directory(workspace.records)
    disk.make_directory(workspace.models)
    records = [_made(workspace, made, number) for number in range(made.nights)]
    moves = [
        Move(at=one.finished, night=one.night, source=None, target=one.release, why=one.reason, who="night")
        for one in records
        if one.release
    ]
    disk.write_lines(workspace.models / "history.jsonl", iter(moves))
    return records


def _made(workspace: Workspace, made: Made, number: int) -> NightRecord:
    start = datetime(2026, 1, 1, 2, tzinfo=UTC) + timedelta(days=number)
    name = f"{start:%Y-%m-%d}"
    cards = tuple(_cards(made, number))
    decision = decide(cards, GateSettings(bootstrap=200), 0.01)
    outcome = {"promote": NightOutcome.PUBLISHED, "hold": NightOutcome.HELD, "reject": NightOutcome.REJECTED}
    facts = BenchmarkFacts(scorecards=cards, quarantined=(), decision=decision)
    path = disk.make_directory(workspace.stage(name, "benchmark")) / "manifest.json"
    manifest = Manifest(
        stage="benchmark", night=name, key="0" * 64, started=start, finished=start, files=(), facts=facts
    )
    disk.write_record(path, manifest)
    ended = outcome[decision.kind]
    record = NightRecord(
        night=name,
        outcome=ended,
        reason=decision.evidence.explanation,
        started=start,
        finished=start + timedelta(hours=2),
        stages=(
            ManifestRef(
                stage="benchmark",
                path=workspace.relative(path),
                sha256=disk.sha256_of(path),
                seconds=5400.0,
            ),
        ),
        hyperparameters=None,
        metrics={f"{card.arm}.functional": card.functional.value for card in cards},
        decision=decision,
        adapter=None,
        release=f"nightly_{name}" if ended is NightOutcome.PUBLISHED else None,
        latest=None,
        provenance=Provenance(
            version="0",
            commit="",
            dirty=False,
            python="3",
            platform="",
            host="",
            packages={},
            tools=(),
            settings={},
        ),
    )
    disk.write_record(workspace.record(name), record)
    return record


def _cards(made: Made, number: int) -> Iterator[Scorecard]:
    arms: tuple[tuple[ArmId, int], ...] = (("candidate", number + 1), ("champion", number), ("mainline", 0))
    for arm, skill in arms:
        passes = {
            f"problem_of_a_long_name_{place:03}": (place * 7 + skill * 5 + place * skill) % (made.samples + 1)
            for place in range(made.problems)
        }
        yield _card(arm, passes, made.samples)


def _card(arm: ArmId, passes: dict[str, int], samples: int) -> Scorecard:
    total = samples * len(passes)
    value = sum(passes.values()) / total
    share = Estimate(value=value, low=value - 0.05, high=value + 0.05, problems=len(passes), samples=total)
    return Scorecard(
        arm=arm,
        model=arm,
        model_digest=arm,
        suite="made-up",
        suite_digest="0" * 64,
        sampling=Sampling(samples=samples, temperature=0.6, top_p=0.95, max_new_tokens=100, seed=0),
        tools=(Tool(name="none", version="1"),),
        functional=share,
        pass_at_k={"1": share},
        categories={"fsm": share, "logic": share},
        outcomes={"pass": sum(passes.values()), "mismatch": total - sum(passes.values())},
        compile_rate=1.0,
        finished_rate=1.0,
        passes=passes,
    )


def an_experiment() -> ExperimentResult:
    """A result that says better, worse and cannot tell."""
    arms = ("control", "wide", "weak", "long")
    answers: tuple[tuple[float, float, float, Answer], ...] = (
        (0.04, 0.01, 0.07, "better"),
        (-0.1, -0.15, -0.05, "worse"),
        (0.0, -0.03, 0.03, "cannot_tell"),
    )
    return ExperimentResult(
        name="rank",
        question="Does rank matter?",
        night=PUBLISHED,
        curated="c" * 64,
        base="Qwen2.5-Coder-7B-Instruct",
        complete=False,
        seeds=5,
        confidence=0.96,
        alpha=0.05,
        detect=0.02,
        recipes={arm: {"hyperparameters.rank": str(4 * place)} for place, arm in enumerate(arms)},
        suites=(SuiteFacts(suite="behavioural", digest="d" * 64, problems=156, clusters=80, quarantined=2),),
        differences=tuple(
            ArmDifference(
                arm=arm,
                suite="behavioural",
                difference=difference,
                low=low,
                high=high,
                answer=answer,
                seeds=3,
                seeds_needed=9,
                training_sd=0.012,
            )
            for arm, (difference, low, high, answer) in zip(arms[1:], answers, strict=True)
        ),
        scores=tuple(
            ArmScore(
                arm=arm, suite="behavioural", scores=(0.6, 0.62, 0.61), mainline=0.5, gained=0.2, lost=0.05
            )
            for arm in arms
        ),
        costs=tuple(
            ArmCost(
                arm=arm, train_seconds=5400, measure_seconds=900, trained_tokens=10**7, answer_tokens=10**6
            )
            for arm in arms
        ),
        ended=(ArmEnd(arm="weak", kind="stopped", seeds=3, reason="surely worse than the control"),),
        trials=(),
        finished=datetime(2026, 1, 6, tzinfo=UTC),
    )
