"""`suite`: check, list and patch benchmark suites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ct_retrain.cli.context import Context, json_option, print_json, print_table
from ct_retrain.cli.judge import settings_of

if TYPE_CHECKING:
    from ct_retrain.core.configuration.settings import Settings
    from ct_retrain.core.records.problem import JudgedBy, Suite
    from ct_retrain.judge.parts import JudgeParts
    from ct_retrain.suites.health import Health
    from ct_retrain.suites.official import Difference, RuleName

REJECTED = 3


@click.group(short_help="Check, list and patch benchmark suites.")
def suite() -> None:
    """Check, list and patch benchmark suites: the built-in one, and local copies of public ones."""


class _Found(NamedTuple):
    suite: Suite
    health: Health
    differences: tuple[Difference, ...]


@suite.command(short_help="Find problems of a suite that cannot be used.")
@click.argument("name", metavar="PATH|NAME")
@click.option(
    "--rule",
    type=click.Choice(("official", "hardened")),
    default="hardened",
    show_default=True,
    help="Judge with the suite's own grader, or with the judge.",
)
@click.option(
    "--second/--no-second",
    default=None,
    help="Also run every golden on Verilator.  [default: setting benchmark.second_simulator, if installed]",
)
@json_option
@click.pass_obj
def check(context: Context, name: str, rule: RuleName, *, second: bool | None, as_json: bool) -> int:
    """Check that every golden passes and every stub (a design that does nothing) fails; name the exceptions.

    Of a problem without a golden, the testbench must fail stubs; such problems are named, too.
    NAME is a built-in suite; PATH is a file or directory in a published layout, which is detected.
    `patched:PATH` corrects known faults of the published data, `KIND:PATH` names the layout. Exit code 3 if
    any problem cannot be used.
    """
    found = _checked(context, name, rule, second=second)
    if as_json:
        print_json(_as_dict(found, rule))
    else:
        _print(found, rule)
    return REJECTED if found.health.quarantined else 0


@suite.command("list", short_help="List the built-in suites and the layouts.")
@json_option
def list_(*, as_json: bool) -> None:
    """List the built-in suites and every layout that can be read."""
    from ct_retrain.suites.load import BUILT_IN, LAYOUTS

    rows = [*((name, "built in") for name in BUILT_IN), *((kind, one.words) for kind, one in LAYOUTS.items())]
    if as_json:
        print_json([{"kind": kind, "what": words} for kind, words in rows])
    else:
        print_table("suites", ("kind", "what"), rows)


@suite.command(short_help="List the corrections that `patched:PATH` makes.")
@json_option
def patches(*, as_json: bool) -> None:
    """List every correction of published data, with its reason."""
    from ct_retrain.suites.patches import PATCHES

    rows = [(title, one.problem, one.why) for one in PATCHES for title in one.suites]
    if as_json:
        print_json([dict(zip(("suite", "problem", "why"), row, strict=True)) for row in rows])
    else:
        print_table("patches", ("suite", "problem", "why"), rows)


def _checked(context: Context, name: str, rule: RuleName, *, second: bool | None) -> _Found:
    from pathlib import Path

    from ct_retrain.core.errors import ToolError
    from ct_retrain.suites.health import aids_of, health
    from ct_retrain.suites.load import load_suite
    from ct_retrain.suites.official import RULES, Official, by_rule, disagreements

    settings = settings_of(context)
    chosen = load_suite(name, Path(context.workspace))
    with _judge(context, settings) as judge:
        simulator = by_rule(rule, judge, judge.icarus, chosen.kind)
        if second and judge.verilator is None:
            raise ToolError(
                "Verilator is not installed or not allowed: install it, and set judge.simulator to auto"
            )
        aids = aids_of(judge, second=settings.benchmark.second_simulator if second is None else second)
        if simulator is not judge:
            aids = aids._replace(plain=simulator)
        workers = settings.judge.workers
        found = health(chosen, simulator, workers, aids)
        if chosen.kind not in RULES:
            return _Found(chosen, found, ())
        goldens = [(one.id, one.design(one.golden)) for one in chosen.problems if one.golden]
        own = Official(judge.icarus, chosen.kind)
        return _Found(chosen, found, tuple(disagreements(goldens, own, judge, workers)))


def _judge(context: Context, settings: Settings) -> JudgeParts:
    """Return a judge with a verdict cache, if there is a workspace that keeps one."""
    from pathlib import Path

    from ct_retrain.compose import open_judge
    from ct_retrain.core.workspace import Workspace

    root = Path(context.workspace).resolve()
    verdicts = Workspace(root, settings.paths).verdicts
    return open_judge(settings, root, verdicts if verdicts.exists() else None)


def _print(found: _Found, rule: RuleName) -> None:
    from ct_retrain.core.records.problem import JUDGED_BY
    from ct_retrain.suites.official import RULES

    chosen, health = found.suite, found.health
    click.echo(f"{chosen.name} ({_layout(chosen)})")
    counts = ", ".join(f"{category} {count}" for category, count in _categories(chosen).items())
    click.echo(f"{len(chosen.problems)} problems: {counts}")
    for judged_by, names in _judged_otherwise(health.suite).items():
        click.echo(f"{JUDGED_BY[judged_by]}: {len(names)} ({', '.join(names)})")
    if health.quarantined:
        rows = [(one.subject, one.reason, one.detail) for one in health.quarantined]
        print_table("not used", ("problem", "reason", "detail"), rows)
    if found.differences:
        told = [
            (one.subject, one.official.detail, f"{one.hardened.outcome}: {one.hardened.detail}")
            for one in found.differences
        ]
        print_table("goldens on which the rules differ", ("problem", "official", "hardened"), told)
    if rule == "official" and chosen.kind not in RULES:
        click.echo("this suite has no rule but the hardened one")
    total = len(chosen.problems) + len(chosen.rejected)
    click.echo(f"healthy: {len(health.suite.problems)} of {total}, {rule} rule")


def _layout(chosen: Suite) -> str:
    from ct_retrain.suites.load import LAYOUTS

    return LAYOUTS[chosen.kind].words if chosen.kind in LAYOUTS else chosen.kind


def _categories(chosen: Suite) -> dict[str, int]:
    from collections import Counter

    return dict(sorted(Counter(one.category for one in chosen.problems).items()))


def _judged_otherwise(suite: Suite) -> dict[JudgedBy, list[str]]:
    """Return the problems that no testbench with a passing golden judges, by what does."""
    names: dict[JudgedBy, list[str]] = {}
    for one in suite.problems:
        if one.judged_by != "testbench":
            names.setdefault(one.judged_by, []).append(one.id)
    return names


def _as_dict(found: _Found, rule: RuleName) -> dict[str, Any]:
    chosen, health = found.suite, found.health
    return {
        "suite": chosen.name,
        "kind": chosen.kind,
        "digest": chosen.digest,
        "rule": rule,
        "problems": len(chosen.problems),
        "categories": _categories(chosen),
        "healthy": len(health.suite.problems),
        "judged_otherwise": _judged_otherwise(health.suite),
        "quarantined": [one.model_dump() for one in health.quarantined],
        "differences": [
            {
                "problem": one.subject,
                "official": one.official.detail,
                "hardened": f"{one.hardened.outcome}: {one.hardened.detail}",
            }
            for one in found.differences
        ],
    }
