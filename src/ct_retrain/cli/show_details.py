"""Print what `show` says of the problems behind a decision: which flipped, and details of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ct_retrain.cli.context import print_table

if TYPE_CHECKING:
    from ct_retrain.core.records.decision import Comparison
    from ct_retrain.core.records.night import NightRecord
    from ct_retrain.core.workspace import Workspace
    from ct_retrain.report.inspection import Inspection

_LOG_LINES = 20
_NAMED = 12


def print_flips(record: NightRecord) -> None:
    """Print the problems won and lost against each incumbent, and where their answers are."""
    if record.decision is None or not record.decision.evidence.comparisons:
        return
    for one in record.decision.evidence.comparisons:
        _print_comparison(one)
    missed = int(record.metrics.get("forgotten", 0))
    if missed:
        where = next(ref.path for ref in record.stages if ref.stage == "benchmark")
        ledger = where.rpartition("/")[0] + "/flips.jsonl"
        click.echo(f"forgotten: {missed} problems that an earlier release solved; by release in {ledger}")


def print_places(workspace: Workspace, record: NightRecord) -> None:
    """Print what was left out for every arm, and where the first failing answers are."""
    from ct_retrain.nightly.records.inspection import failed_problems, quarantined
    from ct_retrain.report.formatting import comma_list

    left_out = quarantined(workspace, record)
    if left_out:
        where = workspace.relative(workspace.stage(record.night, "benchmark") / "quarantined.jsonl")
        click.echo(f"not asked of any arm: {comma_list(left_out, _NAMED)}; reasons in {where}")
    rows = [(one.problem, one.where) for one in failed_problems(workspace, record, _NAMED)]
    if rows:
        print_table("failing answers of the candidate", ("problem", "answer, verdict and log"), rows)
        click.echo(f"one of them with its diff to the golden: `ct-retrain show {record.night} --problem ID`")


def print_challengers(workspace: Workspace, record: NightRecord) -> None:
    """Print what each challenger changes and came to, and how far it is from beating the default recipe."""
    from ct_retrain.nightly.records.inspection import trained
    from ct_retrain.report.challengers import COLUMNS, challenger_rows

    facts = trained(workspace, record)
    rows = list(challenger_rows(record, facts)) if facts else []
    if rows:
        print_table("challengers", COLUMNS, rows)
    for one in record.recipes:
        click.echo(one.told)


def print_sources(workspace: Workspace, record: NightRecord) -> None:
    """Print the counts of gold sets and general data, file by file."""
    from ct_retrain.core.records.dataset import told_apart
    from ct_retrain.nightly.records.inspection import trained

    facts = trained(workspace, record)
    if facts is None or not facts.gold:
        return
    click.echo(facts.gold)
    for file in told_apart(facts.files, facts.gold):
        click.echo(f"  {file.summary}")
    if any(file.refused for file in facts.files):
        where = workspace.relative(workspace.stage(record.night, "train") / "rejected.jsonl")
        click.echo(f"every refused line with its reason: {where}")


def print_certificate(workspace: Workspace, record: NightRecord) -> None:
    """Print what the mixture was compared with, and the rows nearest to a benchmark problem."""
    from ct_retrain.core.records.certificate import certificate_lines
    from ct_retrain.nightly.records.inspection import certificate_of

    found = certificate_of(workspace, record)
    if found is None:
        return
    click.echo("\n".join(["decontamination", *(f"  {line}" for line in certificate_lines(found))]))
    if found.nearest:
        rows = [near.told for near in found.nearest]
        print_table("nearest rows of the mixture", ("by", "similarity", "problem", "row"), rows)


def _print_comparison(one: Comparison) -> None:
    from ct_retrain.report.formatting import arm_name, comma_list

    for word, problems in (("won", one.won), ("lost", one.lost)):
        if problems:
            click.echo(f"{word} against {arm_name(one.incumbent)}: {comma_list(problems, _NAMED)}")


def print_inspection(found: Inspection) -> None:
    """Print one problem of a night."""
    from ct_retrain.report.formatting import plain

    rows = [
        (
            one.arm,
            f"{one.passed} of {one.samples}",
            ", ".join(f"{n} {name}" for name, n in one.failures.items()),
        )
        for one in found.attempts
    ]
    print_table(f"{found.problem} ({found.category}), {found.night}", ("arm", "passed", "failures"), rows)
    if not found.where:
        click.echo("no answer of the candidate failed")
        return
    click.echo(f"{found.outcome}: {found.detail}\nanswer in {found.where}")
    lines = found.log.rstrip().splitlines()[-_LOG_LINES:]
    click.echo("\n".join(["log", *(f"  {line}" for line in lines)]))
    click.echo(plain(found.diff) or "the answer equals the golden")
