"""A night as Markdown, for the summary of a CI job or a pull request."""

import re
from collections.abc import Iterator, Sequence

from ct_retrain.core.records.breakdown import Breakdown
from ct_retrain.core.records.night import CollectFacts, NightRecord
from ct_retrain.core.rules.next_step import NextStep, after
from ct_retrain.report.formatting import (
    OUTCOMES,
    arm_name,
    arms_in,
    comma_list,
    duration,
    one_line,
    points,
    share,
    words,
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~&])")
"""What Markdown or its HTML would read as more than text; names and logs are untrusted."""


def night_markdown(record: NightRecord, collected: CollectFacts | None = None) -> str:
    """Outcome, reason, scores, comparisons, changed problems and the next step of *record*; *collected* as in `after`."""
    sign = OUTCOMES[record.outcome.value][0]
    opening, *more = record.reason.splitlines() or ["–"]
    parts = [
        f"## {sign} {record.night}: {words(record.outcome.value)}",
        _text(opening),
        "\n".join(f"- {_text(one)}" for one in more if one.strip()),
        _table(("pass@1", "share"), list(_scores(record))),
        _table(("against", "difference", "interval", "won", "lost"), list(_comparisons(record))),
        "\n".join(_flips(record)),
        f"Serving: `{record.latest or 'mainline'}`. Took {duration((record.finished - record.started).total_seconds())}.",
        _next(after(record, collected)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def broken_markdown(broken: Breakdown) -> str:
    """Where and why a night broke, and how it goes on."""
    last = "\n".join(f"    {one_line(one)}" for one in broken.log)
    parts = [
        f"## ✕ {broken.night}: broken in {broken.stage}",
        _text(broken.said or broken.kind),
        f"The last it said:\n\n{last}" if last else "",
        _next(NextStep(broken.remedy, broken.again)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _scores(record: NightRecord) -> Iterator[Sequence[str]]:
    for arm in arms_in(record.metrics):
        yield _text(arm_name(arm)), share(record.metrics[f"{arm}.functional"])


def _comparisons(record: NightRecord) -> Iterator[Sequence[str]]:
    for one in record.decision.evidence.comparisons if record.decision else ():
        yield (
            arm_name(one.incumbent),
            f"{points(one.difference)} pp",
            f"{points(one.low)} to {points(one.high)} ({one.confidence * 100:.3g}%)",
            str(len(one.won)),
            str(len(one.lost)),
        )


def _flips(record: NightRecord) -> Iterator[str]:
    for one in record.decision.evidence.comparisons if record.decision else ():
        for word, names in (("Won", one.won), ("Lost", one.lost)):
            if names:
                yield f"- {word} against {arm_name(one.incumbent)}: {_text(comma_list(names))}"


def _next(step: NextStep) -> str:
    return f"Next: {_text(step.said)}: `{step.command}`"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", one_line(text))
