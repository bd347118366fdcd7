"""How figures, times and other people's text read on a page."""

from collections.abc import Sequence
from datetime import datetime

_LINE = 240
"""Characters of a line that a page shows."""
_MOST = 4000
"""Of anything else."""

OUTCOMES = {
    "published": ("✓", "good"),
    "held": ("‖", "wait"),
    "rejected": ("✕", "bad"),
    "nothing_new": ("–", "idle"),
}
"""How a night ended → its sign and its colour."""

ARMS = {"candidate": "tonight", "champion": "last nightly", "mainline": "mainline"}
"""An arm → what a reader calls it."""


def plain(text: str) -> str:
    """*text* without what would command a reader's screen or turn its lines around: anybody may have written it."""
    return "".join(one if one.isprintable() or one in "\n\t" else "�" for one in text)


def shown(text: str) -> str:
    """*text* as a page shows it where nothing narrower is asked for."""
    return _cut(plain(text), _MOST)


def line(text: str, most: int = _LINE) -> str:
    """*text* as one line of at most *most* characters, saying how many it leaves out."""
    whole = plain(" ".join(text.split()))
    return _cut(whole, most)


def lines(text: str, most: int, *, last: bool = False) -> list[str]:
    """The first (or the *last*) *most* lines of *text*, each cut, and how many are left out in a line of its own."""
    found = [_cut(plain(one), _LINE) for one in text.splitlines()]
    rest = len(found) - most
    if rest <= 0:
        return found
    said = f"… {rest:,} more lines"
    return [said, *found[-most:]] if last else [*found[:most], said]


def _cut(text: str, most: int) -> str:
    rest = len(text) - most
    return text if rest <= 0 else f"{text[:most]}… ({rest:,} more characters)"


def opening(text: str) -> str:
    """The outcome and the first reason of *text*, which says a fact a line."""
    return " ".join(text.splitlines()[:2])


def words(name: str) -> str:
    """A name of ours as words."""
    return name.replace("_", " ")


def share(value: float) -> str:
    """A share in per cent."""
    return f"{value:.1%}"


def points(value: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return f"{value * 100:+.1f}".replace("-", "−")


def span(low: float, high: float) -> str:
    """An interval of shares."""
    return f"{low:.1%} – {high:.1%}"


def moment(when: datetime) -> str:
    """To the minute, as the record's clock says."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def duration(seconds: float) -> str:
    """As a person would say it."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02} min"


def size(count: float) -> str:
    """Bytes."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def comma_list(names: Sequence[str], most: int = 12) -> str:
    """Names with commas, and how many more there are."""
    rest = len(names) - most
    return ", ".join(line(name, 80) for name in names[:most]) + (f" and {rest} more" if rest > 0 else "")
