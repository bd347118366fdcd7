"""A year of nights with recorded adapters: bytes here and off-site, and what a night costs besides its stages.

    python benchmarks/year.py --nights 365 --runs 10 --show 20 100 200 365

Processor seconds; runs, simulations and the store are real, training is a fake whose adapter does not grow.
"""

import argparse
import json
import resource
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import cast

import structlog

from _year import Clock, Year, a_day_goes_by, leave_run, size, year
from ct_retrain import disk
from ct_retrain.judge.judge import Judge
from ct_retrain.nightly.audit import check_workspace, verify
from ct_retrain.nightly.records.index import record_of, records
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.report.pages import write_pages
from ct_retrain.report.report_inputs import ReportInputs


def main(arguments: Sequence[str]) -> None:
    """Print a row at each of the nights that are shown; check the workspace and verify the night there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--runs", type=int, default=10, help="a night")
    parser.add_argument("--retention", type=int, default=14, help="days that raw copies stay")
    parser.add_argument("--show", type=int, nargs="+", default=[20, 100, 200, 365])
    parser.add_argument("--directory", type=Path, help="where the workspace is made (default: temporary)")
    options = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with tempfile.TemporaryDirectory(dir=options.directory, prefix="year-") as name:
        made = year(Path(name), options.retention)
        rows = _nights(made, options)
        cast("Judge", made.small.ports.simulator).close()
    _print(rows)
    programs = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"\nThe judge's programs took {programs.ru_utime + programs.ru_stime:.0f} CPU s beside that.")


def _nights(made: Year, options: argparse.Namespace) -> list[dict[str, float]]:
    clock, rows, all_nights = Clock(), list[dict[str, float]](), 0.0
    clock.watch()
    whole = clock.timed("whole night", run_night)
    for number in range(options.nights):
        night = (date(2024, 1, 1) + timedelta(days=number)).isoformat()
        for index in range(options.runs):
            leave_run(made.workspace, night, number * options.runs + index)
        clock.spent.clear()
        whole(made.workspace, made.small.settings, made.small.ports, Options(night=night))
        all_nights += clock.spent["whole night"]
        a_day_goes_by(made.workspace)
        if number + 1 in options.show:
            rows.append({"night": number + 1, **_looked_over(made, clock), "all nights so far": all_nights})
            print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return rows


def _looked_over(made: Year, clock: Clock) -> dict[str, float]:
    workspace, last = made.workspace, record_of(made.workspace, None)
    filled = sum(value for name, value in clock.spent.items() if name.endswith(" fill"))
    spent = {"overhead": clock.spent["whole night"] - filled, **clock.spent}
    for name, compare in (("check", disk.difference), ("check --quick", disk.size_difference)):
        audit = clock.timed(name, check_workspace)(workspace, compare)
        if audit.breaches:
            raise SystemExit(f"the workspace is broken: {audit.breaches[0]}")
    claims = clock.timed("verify", verify)(workspace, made.small.settings, made.small.ports, last).claims
    denied = [one for one in claims if one.finding != "confirmed"]
    if denied:
        raise SystemExit(f"the night {last.night} is not what it claims: {denied[0]}")
    clock.timed("report of all", write_pages)(
        ReportInputs.of(workspace, made.small.settings), records(workspace)
    )
    spent |= {name: clock.spent[name] for name in ("check", "check --quick", "verify", "report of all")}
    kept = sum(path.stat().st_size for path in workspace.work.glob(".*") if path.is_file())
    tops = {"work": workspace.work, "records": workspace.records, "reports": workspace.reports}
    sizes = {f"{name} MB": size(top) / 1e6 for name, top in {**tops, "off-site": made.share}.items()}
    sizes = {**sizes, "caches MB (in work)": kept / 1e6}
    return {name: round(value, 3) for name, value in {**sizes, **spent}.items()}


def _print(rows: Sequence[dict[str, float]]) -> None:
    nights = [f"night {row['night']:.0f}" for row in rows]
    print(f"| part | {' | '.join(nights)} |\n|---|{'---|' * len(rows)}")
    for name in rows[-1]:
        if name != "night" and any(row.get(name, 0) >= 0.005 for row in rows):
            print(f"| {name} | {' | '.join(f'{row.get(name, 0):.2f}' for row in rows)} |")


if __name__ == "__main__":
    main(sys.argv[1:])
