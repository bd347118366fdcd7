"""Format figures, times and untrusted text for a page."""

from collections.abc import Sequence
from datetime import datetime

_LINE = 240
"""Maximum characters of a line."""
_MOST = 4000
"""Maximum characters of other text."""

OUTCOMES = {
    "published": ("✓", "good"),
    "held": ("‖", "wait"),
    "rejected": ("✕", "bad"),
    "nothing_new": ("–", "idle"),
}
"""Outcome → its sign and its colour."""

ARMS = {"candidate": "tonight", "champion": "last nightly", "mainline": "mainline"}
"""Arm → name shown to the reader."""


def plain(text: str) -> str:
    """Remove control and bidirectional characters from *text*, which is untrusted."""
    return "".join(one if one.isprintable() or one in "\n\t" else "�" for one in text)


def shown(text: str) -> str:
    """Return *text* cut to what a page shows by default."""
    return _cut(plain(text), _MOST)


def line(text: str, most: int = _LINE) -> str:
    """Return *text* as one line of at most *most* characters, with the number left out."""
    whole = plain(" ".join(text.split()))
    return _cut(whole, most)


def lines(text: str, most: int, *, last: bool = False) -> list[str]:
    """Return the first (or *last*) *most* lines of *text*, shortened, and a line with the number left out."""
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
    """Return the first line of *text*: the outcome and the main reason."""
    return " ".join(text.splitlines()[:2])


def words(name: str) -> str:
    """Return an identifier as words."""
    return name.replace("_", " ")


def share(value: float) -> str:
    """Return a share in per cent."""
    return f"{value:.1%}"


def points(value: float) -> str:
    """Return a difference of shares in percentage points, with sign."""
    return f"{value * 100:+.1f}".replace("-", "−")


def span(low: float, high: float) -> str:
    """Return an interval of shares."""
    return f"{low:.1%} – {high:.1%}"


def moment(when: datetime) -> str:
    """Return a time to the minute, in the record's time zone."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def duration(seconds: float) -> str:
    """Return a duration in words."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02} min"


def size(count: float) -> str:
    """Return a size in bytes, in a suitable unit."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def comma_list(names: Sequence[str], most: int = 12) -> str:
    """Return names separated by commas, and how many more there are."""
    rest = len(names) - most
    return ", ".join(line(name, 80) for name in names[:most]) + (f" and {rest} more" if rest > 0 else "")
