"""Print scorecards for `benchmark`: by category, by the other rule, beside published figures, by problem."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import print_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ct_retrain.core.records.problem import Estimate, Sample, Scorecard
    from ct_retrain.suites.published import Published


def print_card(card: Scorecard, what: str) -> None:
    """Print scores overall and by category with intervals, and how the answers ended."""
    from ct_retrain.core.records.problem import JUDGED_BY

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
    for judged_by, count in card.judged_otherwise.items():
        click.echo(f"{JUDGED_BY[judged_by]}: {count} of {len(card.passes)} problems")
    unproven = card.outcomes.get("unproven", 0)
    if unproven:
        click.echo(f"unproven: {unproven} answers are neither proved nor refuted")


def print_other(cards: Mapping[str, Scorecard], rule: str) -> None:
    """Print the other rule's score, if it differs."""
    other = next(name for name in cards if name != rule)
    mine, theirs = cards[rule].passes, cards[other].passes
    changed = [name for name in sorted(mine) if mine[name] != theirs[name]]
    if changed:
        click.echo(
            f"{other} rule: {cards[other].functional.value:.1%}; it differs on {len(changed)} problems: "
            + ", ".join(f"{name} ({mine[name]} here, {theirs[name]} there)" for name in changed)
        )


def print_published(cards: Mapping[str, Scorecard], published: Sequence[Published], model: str) -> None:
    """Print our figures above published ones, each with its rule, tool and n.

    *model* is a name, or a path whose last part is shown.
    """
    names = {f"pass@{k}" for card in cards.values() for k in card.pass_at_k}
    columns = sorted(names | {name for one in published for name in one.scores}, key=lambda one: int(one[5:]))
    rows: list[tuple[str, ...]] = []
    for rule, card in cards.items():
        ours = {f"pass@{k}": f"{one.value:.1%}" for k, one in card.pass_at_k.items()}
        tool, n = card.tools[0], str(card.sampling.samples)
        cells = (ours.get(name, "–") for name in columns)
        rows.append((f"{PurePath(model).name} (here)", rule, f"{tool.name} {tool.version}", n, *cells))
    for one in published:
        theirs = {name: f"{value:.1f}%" for name, value in one.scores.items()}
        cells = (theirs.get(name, "–") for name in columns)
        rows.append((one.model, one.rule, one.tool, str(one.n), *cells))
    suite = next(iter(cards.values())).suite
    title = f"{suite}: beside published figures, comparable only where rule, tool and n are"
    print_table(title, ("model", "rule", "tool", "n", *columns), rows)


def print_problems(card: Scorecard, samples: Sequence[Sample]) -> None:
    """Print a row per problem with a letter per answer, in the order of the answers."""
    from ct_retrain.core.rules.endings import LETTERS, letter_of

    letters: dict[str, dict[int, str]] = {name: {} for name in card.passes}
    for one in samples:
        letters[one.problem_id][one.index] = letter_of(one)
    n = card.sampling.samples
    rows = [
        (name, f"{card.passes[name]}/{n}", f"{card.passes[name] / n:.0%}", _line(letters[name], n))
        for name in sorted(letters)
    ]
    print_table("problem by problem", ("problem", "passed", "share", "answers"), rows)
    click.echo("letters: " + ", ".join(f"{letter} {name}" for name, letter in LETTERS.items()))


def _line(found: Mapping[int, str], n: int) -> str:
    from ct_retrain.core.rules.endings import LETTERS, NOT_ATTEMPTED

    return "".join(found.get(index, LETTERS[NOT_ATTEMPTED]) for index in range(n))


def _cells(one: Estimate) -> tuple[str, ...]:
    return f"{one.value:.1%}", f"{one.low:.1%} to {one.high:.1%}", str(one.problems), str(one.samples)
