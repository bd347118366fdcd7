"""Format figures, times and untrusted text for a page."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from ct_retrain.core.records.arm import ArmId, Role, recipe_of_arm, role_of

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

_SCORE = ".functional"
_ARMS = {Role.CANDIDATE: "tonight", Role.CHAMPION: "last nightly", Role.MAINLINE: "mainline"}


def arm_name(arm: ArmId) -> str:
    """Return the name of an arm that readers see; a challenger has that of its recipe."""
    return recipe_of_arm(arm) or _ARMS[role_of(arm)]


def arm_order(arm: ArmId) -> tuple[int, str]:
    """Return the sort key of an arm: the candidate, challengers by name, the champion, mainline."""
    return list(Role).index(role_of(arm)), arm


def arms_in(figures: Mapping[str, float]) -> list[ArmId]:
    """Return the arms that a night's *figures* are of, in the order of `arm_order`."""
    measured = (name for name in figures if name.endswith(_SCORE))
    return sorted((name.removesuffix(_SCORE) for name in measured), key=arm_order)


def plain(text: str) -> str:
    """Remove control and bidirectional characters from *text*, which is untrusted."""
    return (
        text
        if text.isprintable()
        else "".join(one if one.isprintable() or one in "\n\t" else "�" for one in text)
    )


def shown(text: str) -> str:
    """*text* as a page shows it where nothing narrower is asked for."""
    whole = plain(text)
    rest = len(whole) - _MOST
    return (
        whole
        if rest <= 0
        else f"{whole[:_MOST]}… (cut here: {rest:,} more characters are in the night's files)"
    )


def line(text: str, most: int = _LINE) -> str:
    """*text* as one line of at most *most* characters."""
    return _cut(one_line(text), most)


def one_line(text: str) -> str:
    """*text* as one line."""
    return plain(" ".join(text.split()))


def lines(text: str, most: int, *, last: bool = False) -> list[str]:
    """Return the first (or *last*) *most* lines of *text*, shortened, and a line with the number left out."""
    found = [_cut(plain(one), _LINE) for one in text.splitlines()]
    rest = len(found) - most
    if rest <= 0:
        return found
    said = f"… {rest:,} more lines"
    return [said, *found[-most:]] if last else [*found[:most], said]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


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


def energy(joules: float | None) -> str:
    """Return an energy in watt hours."""
    if joules is None:
        return "unknown"
    hours = joules / 3600
    return f"{hours:.1f} Wh" if hours < 1000 else f"{hours / 1000:.2f} kWh"
