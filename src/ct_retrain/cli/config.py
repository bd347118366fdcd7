"""`config`: list every setting, its value, and where that comes from."""

from __future__ import annotations

import click

from ct_retrain.cli.context import Context, json_option, print_json, print_table


@click.command(short_help="List every setting and where it comes from.")
@click.argument("name", required=False)
@json_option
@click.pass_obj
def config(context: Context, name: str | None, *, as_json: bool) -> None:
    """List every setting, its value and where it comes from; NAME selects names that contain it."""
    from ct_retrain.core.configuration.loading import flat

    opened = context.opened(anywhere=True)
    values = {key: value for key, value in flat(opened.settings).items() if name is None or name in key}
    if as_json:
        print_json(
            {key: {"value": value, "from": _origin(opened.origins, key)} for key, value in values.items()}
        )
        return
    rows = [(key, value, _origin(opened.origins, key)) for key, value in values.items()]
    print_table("settings", ("name", "value", "from"), rows)


def _origin(origins: dict[str, str], name: str) -> str:
    """Return where *name* was set; a section given as a whole counts for its fields."""
    parents = [name.rsplit(".", cut)[0] for cut in range(name.count(".") + 1)]
    return next((origins[parent] for parent in parents if parent in origins), "default")
