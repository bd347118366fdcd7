"""`notices test`: check whether notices arrive."""

from __future__ import annotations

import click

from ct_retrain.cli.context import Context, json_option, print_json, print_table


@click.group(short_help="Manage notices.")
def notices() -> None:
    """Manage notices: Slack, e-mail and others, at `notices.urls` and in `notices.urls_file`."""


@notices.command(short_help="Send a test to every channel.")
@json_option
@click.pass_obj
def test(context: Context, *, as_json: bool) -> int:
    """Send a test notice to every channel and report which received it; exit code 4 if one did not.

    No address is printed. The dead-man's switch is not pinged, because it would take the test for a night.
    """
    from datetime import UTC, datetime

    from ct_retrain.core.errors import UsageError
    from ct_retrain.nightly.notices.messages import trial

    notifier = context.app().ports.notifier
    channels = notifier.channels
    if not channels:
        raise UsageError(
            "no channel is set: put addresses into CT_RETRAIN_NOTICES__URLS, or name a file of them in notices.urls_file"
        )
    failed = notifier.send(trial(datetime.now(UTC).date().isoformat()), list(channels))
    if as_json:
        print_json(
            [
                {"channel": words, "ok": one not in failed, "reason": failed.get(one, "")}
                for one, words in channels.items()
            ]
        )
    else:
        rows = [
            ("FAILED" if one in failed else "ok", words, failed.get(one, ""))
            for one, words in channels.items()
        ]
        print_table("notices", ("", "channel", "why"), rows)
    return 4 if failed else 0
