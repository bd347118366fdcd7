"""The page that compares two nights."""

from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.record import digest
from ct_retrain.core.workspace import Workspace
from ct_retrain.report.comparison import MovedProblem, NightComparison
from ct_retrain.report.formatting import line, points, share
from ct_retrain.report.pages import page, rendered


def write_comparison(workspace: Workspace, found: NightComparison) -> Path:
    """Write the page of *found*; return its path."""
    path = disk.make_directory(workspace.reports) / f"compare_{found.first}_{found.second}.html"
    context = {
        "found": found,
        "verdict": verdict(found),
        "tone": _tone(found),
        "categories": category_rows(found),
        "moved": [moved_row(one) for one in (*found.lost, *found.won)],
        "settings": setting_rows(found),
        "pages": {night for night in (found.first, found.second) if page(workspace, night).is_file()},
        "source": digest(found),
    }
    disk.write_bytes(path, rendered("comparison.html.j2", context))
    return path


def verdict(found: NightComparison) -> str:
    """The difference in one sentence."""
    one = found.difference
    if one is None:
        return f"No interval: {found.why_none}."
    sure = "better than" if one.low > 0 else "worse than" if one.high < 0 else "not told apart from"
    return (
        f"{found.second} is {sure} {found.first}: {points(one.value)} pp "
        f"({one.confidence * 100:.3g}% interval {points(one.low)} to {points(one.high)}) "
        f"on {found.problems} problems."
    )


def _tone(found: NightComparison) -> str:
    one = found.difference
    return "idle" if one is None else "good" if one.low > 0 else "bad" if one.high < 0 else "wait"


def category_rows(found: NightComparison) -> list[tuple[str, ...]]:
    """Rows of pass@1 by category, all problems first."""
    whole = (found.functional[0].value, found.functional[1].value)
    named = {"all problems": whole, **found.categories}
    return [(name, *(share(one) if one is not None else "–" for one in pair)) for name, pair in named.items()]


def moved_row(one: MovedProblem) -> tuple[str, ...]:
    """The row of a problem that changed."""
    return line(one.problem), share(one.first), share(one.second), points(one.second - one.first)


def setting_rows(found: NightComparison) -> list[tuple[str, ...]]:
    """Rows of the settings that differ."""
    return [
        (name, *("–" if one is None else line(str(one)) for one in pair))
        for name, pair in found.settings.items()
    ]
