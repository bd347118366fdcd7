"""`benchmark`: one model, adapter or file of answers against one suite, by simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from ct_retrain.cli.context import Context, json_option, print_json, print_table

if TYPE_CHECKING:
    from pathlib import Path

    from ct_retrain.compose import House
    from ct_retrain.core.ports import Generator
    from ct_retrain.core.problem import Arm, Estimate, Sampling, Scorecard, Suite
    from ct_retrain.core.record import Rejected
    from ct_retrain.suites.health import Health


@click.command(short_help="Measure one model or adapter on a suite.")
@click.option(
    "--adapter", metavar="DIR", help="PEFT adapter on top of mainline.  [default: mainline as it is]"
)
@click.option(
    "--answers", metavar="FILE", help="Judge the answers in a JSONL of task_id and completion; draw none."
)
@click.option(
    "--suite", metavar="SUITE", help="As `suite list` has them.  [default: setting benchmark.suite]"
)
@click.option(
    "--rule",
    type=click.Choice(["hardened", "official"]),
    default="hardened",
    show_default=True,
    help="Whose word counts: the judge's, or that of the suite's own grader.",
)
@click.option(
    "--out", default="work/benchmark", metavar="DIR", show_default=True, help="Keeps samples; resumable."
)
@json_option
@click.pass_obj
def benchmark(
    context: Context,
    adapter: str | None,
    answers: str | None,
    suite: str | None,
    rule: str,
    out: str,
    *,
    as_json: bool,
) -> None:
    """Measure pass@k of mainline, of an adapter on it, or of answers from elsewhere; nothing is published.

    Problems whose golden fails, or that pass a design that does nothing, count in no score and are named. Where the
    suite has a grader of its own, the other rule's score is shown beside this one when they differ.
    """
    from pathlib import Path

    from ct_retrain.compose import remembering
    from ct_retrain.core.errors import UsageError

    if adapter and answers:
        raise UsageError("--adapter draws answers and --answers brings them: choose one")
    if adapter and not Path(adapter).is_dir():
        raise UsageError(f"{adapter} is no directory; name that of a PEFT adapter")
    house = remembering(context.house())
    found, measured = _measured(house, _Asked(adapter, answers, suite, rule, out))
    if as_json:
        cards = {name: card.model_dump(mode="json") for name, card in measured.cards.items()}
        left_out = {
            "quarantined": [one.model_dump() for one in found.quarantined],
            "rejected": [one.model_dump() for one in measured.rejected],
        }
        print_json({**cards[rule], "rules": cards, **left_out})
        return
    _print(measured.cards[rule], f"{measured.model}, {rule} rule")
    _print_other(measured.cards, rule)
    if not measured.graded:
        click.echo("this suite has no rule but the hardened one")
    for one in (*found.quarantined, *measured.rejected):
        click.echo(f"left out: {one.subject}: {one.reason}: {one.detail}")
    click.echo(f"samples in {measured.where / 'samples'}")


class _Asked(NamedTuple):
    adapter: str | None
    answers: str | None
    suite: str | None
    rule: str
    out: str


class _Measured(NamedTuple):
    cards: dict[str, Scorecard]
    """By rule."""
    model: str
    rejected: list[Rejected]
    where: Path
    graded: bool
    """The suite has a grader of its own."""


def _measured(house: House, asked: _Asked) -> tuple[Health, _Measured]:
    from pathlib import Path

    from ct_retrain import disk
    from ct_retrain.core.scoring import Exam, scorecard
    from ct_retrain.judge.judge import Judge
    from ct_retrain.stages.benchmark import Course, Drawn, answers, measure, sampling_of
    from ct_retrain.suites.health import health
    from ct_retrain.suites.load import load_suite
    from ct_retrain.suites.official import RULES, Official

    settings, simulator = house.settings, house.ports.simulator
    suite = load_suite(asked.suite or settings.benchmark.suite, house.workspace.root)
    sampling = sampling_of(settings.benchmark)
    rejected: list[Rejected] = []
    if asked.answers:
        generator: Generator
        generator, sampling, rejected = _brought(Path(asked.answers), suite, sampling)
    else:
        generator = house.ports.generators.open(Path(asked.adapter) if asked.adapter else None)
    found = health(suite, simulator, settings.judge.workers)
    _usable(found)
    where = disk.make_directory(house.workspace.root / asked.out)
    exam = Exam(found.suite, sampling, settings.gate, simulator.tool)
    course = Course(where, exam, simulator, settings.judge.workers, house.workspace.samples)
    arm: Arm = "candidate" if asked.adapter else "mainline"
    drawn = answers(course, arm, generator)
    card = scorecard(exam, arm, generator.tool, drawn)
    cards: dict[str, Scorecard] = {"hardened": card, "official": card}
    graded = isinstance(simulator, Judge) and suite.kind in RULES
    if isinstance(simulator, Judge) and graded:
        official = Official(simulator.icarus, suite.kind)
        theirs = exam._replace(simulator=official.tool, evident=False)
        again = course._replace(simulator=official, exam=theirs)
        cards["official"] = measure(again, arm, Drawn(drawn, generator.tool))
    model = asked.answers or asked.adapter or settings.train.mainline
    return found, _Measured(cards, model, rejected, where, graded)


def _usable(found: Health) -> None:
    from ct_retrain.core.errors import UsageError

    if not found.suite.problems:
        named = "".join(f"\n{one.subject}: {one.reason}: {one.detail}" for one in found.quarantined)
        raise UsageError(f"no problem of {found.suite.name} can be used{named}")


def _brought(path: Path, suite: Suite, sampling: Sampling) -> tuple[Generator, Sampling, list[Rejected]]:
    from ct_retrain.adapters.recorded import Recorded

    answers = Recorded(path, frozenset(problem.id for problem in suite.problems))
    return answers, sampling.model_copy(update={"samples": answers.samples}), answers.rejected


def _print(card: Scorecard, what: str) -> None:
    rows = [
        ("all", *_cells(card.functional)),
        *((name, *_cells(one)) for name, one in card.categories.items()),
    ]
    print_table(
        f"{card.suite}: pass@1 of {what}", ("category", "pass@1", "interval", "problems", "samples"), rows
    )
    shares = (
        f"pass@{k} {one.value:.1%} ({one.low:.1%} to {one.high:.1%})" for k, one in card.pass_at_k.items()
    )
    click.echo("  ".join(shares))
    click.echo("  ".join(f"{name} {count}" for name, count in card.outcomes.items()))


def _print_other(cards: dict[str, Scorecard], rule: str) -> None:
    """The other rule's score, where it is another one."""
    other = next(name for name in cards if name != rule)
    mine, theirs = cards[rule].passes, cards[other].passes
    changed = [name for name in sorted(mine) if mine[name] != theirs[name]]
    if changed:
        click.echo(
            f"{other} rule: {cards[other].functional.value:.1%}; it differs on {len(changed)} problems: "
            + ", ".join(f"{name} ({mine[name]} here, {theirs[name]} there)" for name in changed)
        )


def _cells(one: Estimate) -> tuple[str, ...]:
    return f"{one.value:.1%}", f"{one.low:.1%} to {one.high:.1%}", str(one.problems), str(one.samples)
