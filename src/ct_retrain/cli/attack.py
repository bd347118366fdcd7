"""`attack`: run every attack design against this machine's judge and a simple script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ct_retrain.cli.context import Context, json_option, print_json, print_table
from ct_retrain.cli.judge import settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ct_retrain.core.configuration.settings import JudgeSettings, Settings
    from ct_retrain.judge.attacks.suite import Attack, AttackResult

_STYLES = (
    *("house", "verilogeval", "plain", "words", "counts"),
    *("severity", "fatal", "assertion", "table", "silent"),
)
_TIGHT = {"cpu_seconds": 1, "memory_mb": 256, "output_kb": 64}
"""Limits; attacks that hang or flood always run into them, so they decide how long the suite takes."""


@click.command(short_help="Test the judge with designs that cheat.")
@click.option("--style", type=click.Choice(_STYLES), help="Use one style of testbench.  [default: all]")
@click.option("--only", default="", metavar="TEXT", help="Attacks whose name contains TEXT.  [default: all]")
@click.option("--layers", is_flag=True, help="Leave out each layer in turn, and name what then passes.")
@json_option
@click.pass_obj
def attack(context: Context, style: str | None, only: str, *, layers: bool, as_json: bool) -> int:
    """Run every design of the attack suite, and report which layer stopped it.

    Each result is shown beside that of a script that runs iverilog and looks for the pass line. The limits
    are one CPU second, 256 MiB and 64 KiB of output, or less if the settings say so. Exit code 1 (a bug in
    ct-retrain) if any forged pass was accepted.
    """
    from ct_retrain.core.errors import UsageError
    from ct_retrain.judge.attacks.suite import attacks

    chosen = [one for one in attacks() if only in one.name or only in _former(one.name)]
    if not chosen:
        raise UsageError(f"no attack's name contains {only!r}; `ct-retrain attack --json` names them all")
    settings = settings_of(context)
    found = _carry_out(settings, context.workspace, chosen, style)
    alone = _hanging(settings, chosen, style) if layers else {}
    forged = sum(one.verdict.passed for one in found)
    naive = sum(one.naive for one in found)
    if as_json:
        rows = [_as_dict(one) for one in found]
        print_json({"results": rows, "forged": forged, "forged_careless": naive, "without": alone})
    else:
        print_table(f"{len(chosen)} attacks", _COLUMNS, [_row(one) for one in found])
        click.echo(f"plain iverilog and grep: {naive} of {len(found)} wrong designs pass")
        for layer, names in alone.items():
            click.echo(f"without {layer}: {len(names)} of {len(chosen)} pass; {', '.join(names) or 'none'}")
        click.echo(f"forged passes: {forged} of {len(found)}")
        if forged and found[0].verdict.tool.detail.endswith("yosys none"):
            click.echo(
                "without yosys there is no second opinion on unknown bits: install yosys and try again"
            )
    return 1 if forged else 0


_FORMER = {
    "hard-code the answers": "recite the answers",
    "hard-code the answers by": "recite by",
    "hard-coded random sums:": "recited sums that were drawn:",
    "hard-coded directed sums:": "recited sums that were chosen:",
    "unsynthesizable:": "no second opinion by",
    "redefine the reference:": "bring a reference,",
    "redefine the reference: the other end of a wire": "bring a reference that is a wire's other end",
    "extra port:": "ask for",
}
"""Start of an attack's name → what it was; of two that fit, the longer one."""


def _former(name: str) -> str:
    """Return the name that the attack *name* had, which `--only` still finds; "" if it had no other."""
    starts = [start for start in _FORMER if name.startswith(start)]
    longest = max(starts, key=len, default="")
    return f"{_FORMER[longest]}{name.removeprefix(longest)}" if longest else ""


_COLUMNS = ("attack", "testbench", "outcome", "stopped by", "iverilog + grep")


def _carry_out(
    settings: Settings, workspace: str, chosen: Sequence[Attack], style: str | None
) -> list[AttackResult]:
    """Run attacks in parallel, as many as keep the judge busy; results are in the order of *chosen*."""
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    from ct_retrain.compose import open_judge
    from ct_retrain.judge.attacks.suite import results
    from ct_retrain.judge.fanout import at_once

    tight = settings.model_copy(update={"judge": _tight(settings)})

    def carry_out(one: Attack) -> list[AttackResult]:
        return list(results(judge, [one], style))

    with (
        open_judge(tight, Path(workspace).resolve()) as judge,
        ThreadPoolExecutor(at_once(judge, settings.judge.workers)) as pool,
    ):
        return [one for done in pool.map(carry_out, chosen) for one in done]


def _tight(settings: Settings) -> JudgeSettings:
    limits = {name: min(limit, getattr(settings.judge, name)) for name, limit in _TIGHT.items()}
    return settings.judge.model_copy(update=limits)


def _hanging(settings: Settings, chosen: Sequence[Attack], style: str | None) -> dict[str, list[str]]:
    """Return, for every layer, the forgeries that pass on this machine once it is left out."""
    from ct_retrain.judge.attacks.suite import hanging
    from ct_retrain.judge.judge import Judge
    from ct_retrain.judge.layers import LAYERS

    tight = _tight(settings).model_copy(update={"simulator": "icarus"})
    forging = [one for one in chosen if one.aim == "forge"]
    found: dict[str, list[str]] = {}
    for layer in LAYERS:
        with Judge(tight, sandbox=settings.sandbox, without=layer) as judge:
            found[layer] = list(hanging(judge, forging, style))
    return found


def _row(one: AttackResult) -> tuple[str, ...]:
    return (
        f"{one.attack.aim}: {one.attack.name}",
        one.style,
        one.verdict.outcome.value,
        one.layer or "NOTHING",
        "PASS" if one.naive else "fail",
    )


def _as_dict(one: AttackResult) -> dict[str, Any]:
    return {
        "attack": one.attack.name,
        "aim": one.attack.aim,
        "style": one.style,
        "outcome": one.verdict.outcome.value,
        "detail": one.verdict.detail,
        "stopped_by": one.layer or None,
        "careless": "pass" if one.naive else "fail",
    }
