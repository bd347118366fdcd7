"""`benchmark`: measure one model, adapter or file of answers on one suite, by simulation."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import click

from ct_retrain.cli.context import Context, excludes, json_option, print_json
from ct_retrain.cli.judge import settings_of
from ct_retrain.cli.scores import print_card, print_other, print_problems, print_published

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ct_retrain.compose import App
    from ct_retrain.core.ports import Generator
    from ct_retrain.core.record import Rejected
    from ct_retrain.core.records.arm import ArmId
    from ct_retrain.core.records.problem import (
        Sample,
        Sampling,
        Scorecard,
        Suite,
    )
    from ct_retrain.stages.benchmark import EvalRun
    from ct_retrain.suites.health import Health
    from ct_retrain.suites.published import Published


@click.command(short_help="Measure one model or adapter on a suite.")
@click.option(
    "--model", metavar="PATH", help="Mainline: a directory or hub name.  [default: setting train.mainline]"
)
@click.option(
    "--adapter", metavar="DIR", help="PEFT adapter on top of mainline.  [default: mainline as it is]"
)
@click.option(
    "--answers", metavar="FILE", help="Judge the answers in a JSONL of task_id and completion; draw none."
)
@click.option(
    "--draw", metavar="FILE", help="Draw answers into a JSONL that --answers reads; judge none.  Resumable."
)
@click.option(
    "--suite", metavar="SUITE", help="As `suite list` has them.  [default: setting benchmark.suite]"
)
@click.option(
    "--rule",
    type=click.Choice(["hardened", "official"]),
    default="hardened",
    show_default=True,
    help="Who decides: the judge, or the suite's own grader.",
)
@click.option("--k", "ks", metavar="LIST", help="The k of pass@k, such as 1,5,20.  [default: 1,5,10]")
@click.option("--problems", is_flag=True, help="Also print a row per problem, with a letter per answer.")
@click.option("--published", metavar="FILE", help="JSONL of published figures to print beside ours.")
@click.option(
    "--out",
    default="work/benchmark",
    metavar="DIR",
    show_default=True,
    help="Directory for samples; resumable.",
)
@json_option
@click.pass_obj
@excludes("--draw", "--answers", "--rule", "--k", "--problems", "--published", "--out", "--json")
@excludes("--answers", "--model", "--adapter")
@excludes("--problems", "--json")
def benchmark(
    context: Context,
    model: str | None,
    adapter: str | None,
    answers: str | None,
    draw: str | None,
    suite: str | None,
    rule: str,
    ks: str | None,
    published: str | None,
    out: str,
    *,
    problems: bool,
    as_json: bool,
) -> None:
    """Measure pass@k of mainline, of an adapter on it, or of given answers; nothing is published.

    Problems whose golden fails, or whose testbench passes a stub (a design that does nothing), are left out of scores
    and named. If the suite has a grader of its own, its score is shown, too, when it differs.
    """
    from pathlib import Path

    from ct_retrain.compose import with_cache
    from ct_retrain.core.errors import UsageError

    if adapter and not Path(adapter).is_dir():
        raise UsageError(f"{adapter} is no directory; name that of a PEFT adapter")
    named = (
        {"train.mainline": str(Path(model).resolve()) if Path(model).is_dir() else model} if model else None
    )
    asked = _Asked(adapter, answers, suite, published, out, _ks(ks))
    if draw:
        count = _draw(context, named, asked, draw)
        click.echo(f"{count} answers drawn into {draw}; `ct-retrain benchmark --answers {draw}` judges them")
        return
    app = with_cache(context.app(named, anywhere=True))
    with closing(app.ports.generators):
        found, measured = _measured(app, asked)
    if as_json:
        cards = {name: card.model_dump(mode="json") for name, card in measured.cards.items()}
        left_out = {
            "quarantined": [one.model_dump() for one in found.quarantined],
            "rejected": [one.model_dump() for one in measured.rejected],
        }
        others = {"published": [one.model_dump() for one in measured.figures]} if published else {}
        print_json({**cards[rule], "rules": cards, **left_out, **others})
        return
    print_card(measured.cards[rule], f"{measured.model}, {rule} rule")
    print_other(measured.cards, rule)
    if problems:
        print_problems(measured.cards[rule], measured.samples[rule])
    if measured.figures:
        print_published(measured.shown, measured.figures, measured.model)
    if not measured.graded:
        click.echo("this suite has no rule but the hardened one")
    for one in (*found.quarantined, *measured.rejected):
        click.echo(f"left out: {one.subject}: {one.reason}: {one.detail}")
    click.echo(f"samples in {measured.where / 'samples'}")


def _draw(context: Context, named: dict[str, str] | None, asked: _Asked, path: str) -> int:
    """Draw answers into the file *path*; this needs no simulator."""
    from pathlib import Path

    from ct_retrain.adapters.recorded import record
    from ct_retrain.compose import generators_of
    from ct_retrain.core.workspace import Workspace
    from ct_retrain.stages.benchmark import sampling_of
    from ct_retrain.suites.load import load_suite

    settings = settings_of(context, named)
    workspace = Workspace(Path(context.workspace).resolve(), settings.paths)
    chosen = load_suite(asked.suite or settings.benchmark.suite, workspace.root)
    with closing(generators_of(workspace, settings)) as generators:
        generator = generators.open(Path(asked.adapter) if asked.adapter else None)
        return record(Path(path), chosen.problems, generator, sampling_of(settings.benchmark))


class _Asked(NamedTuple):
    adapter: str | None
    answers: str | None
    suite: str | None
    published: str | None
    out: str
    ks: tuple[int, ...] | None


class _Measured(NamedTuple):
    cards: dict[str, Scorecard]
    """Rule → scorecard."""
    model: str
    rejected: list[Rejected]
    where: Path
    graded: bool
    """Whether the suite has a grader of its own."""
    samples: dict[str, list[Sample]]
    """Rule → samples."""
    figures: tuple[Published, ...]

    @property
    def shown(self) -> dict[str, Scorecard]:
        """The scorecards to show: two if the graders differ."""
        return self.cards if self.graded else {"hardened": self.cards["hardened"]}


def _ks(said: str | None) -> tuple[int, ...] | None:
    from ct_retrain.core.errors import UsageError

    if said is None:
        return None
    numbers = [one.strip() for one in said.split(",")]
    if not all(one.isdecimal() and int(one) for one in numbers):
        raise UsageError(f"--k {said} is no list of whole numbers from 1, such as 1,5,20")
    return tuple(sorted({int(one) for one in numbers}))


def _measured(app: App, asked: _Asked) -> tuple[Health, _Measured]:
    from pathlib import Path

    from ct_retrain import disk
    from ct_retrain.core.records.arm import Role
    from ct_retrain.core.rules.scoring import KS, EvalSpec
    from ct_retrain.stages.benchmark import EvalRun, sampling_of
    from ct_retrain.suites.health import aids_of, health
    from ct_retrain.suites.load import load_suite
    from ct_retrain.suites.published import Figures, read_published

    settings, simulator = app.settings, app.ports.simulator
    suite = load_suite(asked.suite or settings.benchmark.suite, app.workspace.root)
    figures = read_published(Path(asked.published), suite.name) if asked.published else Figures((), ())
    sampling = sampling_of(settings.benchmark)
    rejected: list[Rejected] = []
    if asked.answers:
        generator: Generator
        generator, sampling, rejected = _brought(Path(asked.answers), suite, sampling)
    else:
        generator = app.ports.generators.open(Path(asked.adapter) if asked.adapter else None)
    _enough(asked.ks or (1,), sampling.samples)
    aids = aids_of(simulator, second=settings.benchmark.second_simulator)
    found = health(suite, simulator, settings.judge.workers, aids)
    _usable(found)
    where = disk.make_directory(app.workspace.root / asked.out)
    eval_spec = EvalSpec(found.suite, sampling, settings.gate, simulator.tool, ks=asked.ks or KS)
    eval_run = EvalRun(where, eval_spec, simulator, settings.judge.workers, app.workspace.samples)
    cards, samples = _judged(eval_run, Role.CANDIDATE if asked.adapter else Role.MAINLINE, generator)
    model = asked.answers or asked.adapter or settings.train.mainline
    refused = [*rejected, *figures.rejected]
    graded = cards["official"] is not cards["hardened"]
    return found, _Measured(cards, model, refused, where, graded, samples, figures.published)


def _judged(
    eval_run: EvalRun, arm: ArmId, generator: Generator
) -> tuple[dict[str, Scorecard], dict[str, list[Sample]]]:
    """Return scorecard and samples by rule; both are the same if the suite has no grader of its own."""
    from ct_retrain.core.rules.scoring import scorecard
    from ct_retrain.judge.lazy import judge_behind
    from ct_retrain.stages.benchmark import ReplayGenerator, judged_answers
    from ct_retrain.suites.official import RULES, Official

    eval_spec, judge = eval_run.eval_spec, judge_behind(eval_run.simulator)
    drawn = judged_answers(eval_run, arm, generator)
    card = scorecard(eval_spec, arm, generator.tool, drawn)
    cards = {"hardened": card, "official": card}
    samples = {"hardened": drawn, "official": drawn}
    if judge is not None and eval_spec.suite.kind in RULES:
        official = Official(judge.icarus, eval_spec.suite.kind)
        theirs = eval_spec._replace(simulator=official.tool, evident=False)
        again = eval_run._replace(simulator=official, eval_spec=theirs)
        samples["official"] = judged_answers(again, arm, ReplayGenerator(drawn, generator.tool))
        cards["official"] = scorecard(theirs, arm, generator.tool, samples["official"])
    return cards, samples


def _enough(ks: Sequence[int], samples: int) -> None:
    """Raise UsageError for pass@k with fewer than k answers, which has no unbiased estimate."""
    from ct_retrain.core.errors import UsageError

    if max(ks) > samples:
        raise UsageError(
            f"pass@{max(ks)} needs {max(ks)} answers a problem and there are {samples}: "
            f"bring or draw more (-s benchmark.samples={max(ks)}), or ask for a smaller --k"
        )


def _usable(found: Health) -> None:
    from ct_retrain.core.errors import UsageError

    if not found.suite.problems:
        named = "".join(f"\n{one.subject}: {one.reason}: {one.detail}" for one in found.quarantined)
        raise UsageError(f"no problem of {found.suite.name} can be used{named}")


def _brought(path: Path, suite: Suite, sampling: Sampling) -> tuple[Generator, Sampling, list[Rejected]]:
    from ct_retrain.adapters.recorded import RecordedGenerator

    answers = RecordedGenerator(path, frozenset(problem.id for problem in suite.problems))
    return answers, sampling.model_copy(update={"samples": answers.samples}), answers.rejected
