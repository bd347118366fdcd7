"""Print what a night would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ct_retrain.core.records.readiness import Readiness
    from ct_retrain.core.records.training import Outlook
    from ct_retrain.nightly.run import DryRun


def print_plan(plan: DryRun) -> None:
    """Print all that a dry run found out."""
    warned = next((f"{one}; " for one in (plan.collect.untaken, plan.held) if one), "")
    click.echo(f"dry run of {plan.night}: {warned}nothing was trained, nothing was kept")
    _print_counts(plan)
    _print_cases(plan)
    _print_training(plan)
    if plan.mainline is not None:
        _print_mainline(plan.mainline)
    for one in plan.lacking:
        click.echo(f"error: {one.what}: {one.found}{f'; {one.remedy}' if one.remedy else ''}")
    for problem in plan.quarantined:
        click.echo(f"warning: {problem} is quarantined; `ct-retrain suite check` says why")
    click.echo(f"served    {plan.champion or 'mainline, the only one to compare with'}")


def print_course(plan: DryRun) -> None:
    """Print a line a stage, for whoever reads about refusals and faults elsewhere."""
    warned = next((f"; {one}" for one in (plan.collect.untaken, plan.held) if one), "")
    click.echo(f"the night of {plan.night} would do this{warned}")
    _print_counts(plan)
    _print_training(plan)


def _print_training(plan: DryRun) -> None:
    if plan.held:
        click.echo("train     the night would be held here, for the reason in the first line")
    elif plan.rows:
        rows = ", ".join(f"{count} {source}" for source, count in plan.rows.items())
        click.echo(f"train     {plan.base} on {rows}; {plan.characters} characters")
        if plan.training:
            _print_outlook(plan.training, plan.hyperparameters.learning_rate)
        if plan.challengers:
            click.echo(f"{' ' * 10}the same by challengers: {', '.join(plan.challengers)}")
        for name, why in plan.waiting.items():
            click.echo(f"{' ' * 10}challenger {name} waits: {why}")
        click.echo(f"benchmark {plan.problems} problems, {plan.generations} answers to draw")
    else:
        click.echo("train     nothing new: the night would end here")


def _print_outlook(training: Outlook, peak: float) -> None:
    from ct_retrain.report.formatting import duration, size

    planned, margin = training.schedule, " " * 10
    about = "" if training.counted == "tokenizer" else "about "
    click.echo(
        f"{margin}{planned.steps} steps of {planned.sequences_a_step} sequences, {about}{planned.tokens_a_step:,} tokens "
        f"a step and {about}{planned.tokens:,} in all ({planned.rule} decides)"
    )
    click.echo(
        f"{margin}each harvested row is read {planned.passes:.3g} times; learning rate "
        f"{planned.first_learning_rate:.2g} at the first step, {peak:.2g} after {planned.warmup_steps} steps of warm-up"
    )
    if training.seconds is not None and training.memory is not None:
        took = f"about {duration(training.seconds)} and {size(training.memory)} on {training.device}"
        click.echo(f"{margin}estimate: {took}; {training.basis}")
    else:
        click.echo(f"{margin}no estimate of time and memory: {training.basis}")


def _print_counts(plan: DryRun) -> None:
    """What came in, stage by stage."""
    collect, curate = plan.collect, plan.curate
    untaken = f"; {collect.untaken}" if collect.untaken else ""
    click.echo(
        f"collect   {collect.collected} passing runs of {collect.runs}{_reasons(collect.rejected)}{untaken}"
    )
    more = "".join(f"; {said}" for said in (curate.untried, curate.assured) if said)
    click.echo(f"curate    {curate.examples} examples, {curate.new} new{_reasons(curate.rejected)}{more}")
    click.echo(f"gold      {plan.gold.removeprefix('gold: ')}")


def _print_cases(plan: DryRun) -> None:
    """Files, where they are a person's own, and one case of each refusal."""
    from ct_retrain.core.records.dataset import told_apart
    from ct_retrain.core.rules.remedies import remedy_of

    for file in told_apart(plan.files, plan.gold):
        click.echo(f"          {file.summary}")
    for one in plan.examples:
        if one.subject in plan.held:
            continue  # the first line has it
        remedy = remedy_of(one.reason)
        click.echo(
            f"refused   {one.reason}, first {one.subject}: {one.detail}{f'; remedy: {remedy}' if remedy else ''}"
        )


def _print_mainline(ready: Readiness) -> None:
    click.echo(f"mainline  {ready.found}")
    for fault in ready.faults:
        click.echo(f"error: mainline cannot be trained and measured, so the night would break: {fault}")
    for note in ready.notes:
        click.echo(f"note: {note}")


def _reasons(rejected: dict[str, int]) -> str:
    if not rejected:
        return ""
    return "; refused " + ", ".join(f"{count} {reason}" for reason, count in rejected.items())
