"""Sums up what was read of a gold set, describes it, and decides whether a night may train on it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ct_retrain.core.configuration.settings import TrainSettings
from ct_retrain.core.record import Rejected
from ct_retrain.core.records.dataset import SourceFile
from ct_retrain.stages.gold.files import DOCUMENTATION


class GoldTotals(NamedTuple):
    """Sums over all files of a gold set."""

    files: int
    """Number of files that should hold data, readable or not."""
    lines: int
    taken: int
    reasons: Mapping[str, int]
    """Reason → number of lines refused."""
    unread: Mapping[str, int]
    """Reason → number of files not read, or not to their end."""

    @property
    def refused(self) -> int:
        """Number of lines that were refused."""
        return self.lines - self.taken


def gold_sums(files: Sequence[SourceFile], source: str = "gold") -> GoldTotals:
    """Return the sums over the files of *source*."""
    own = [one for one in files if one.source == source and not one.unread.startswith(DOCUMENTATION)]
    reasons: Counter[str] = Counter()
    for one in own:
        reasons.update(one.refused)
    unread = Counter(one.unread.partition(":")[0] for one in own if one.unread)
    lines, taken = sum(one.lines for one in own), sum(one.taken for one in own)
    return GoldTotals(len(own), lines, taken, reasons, unread)


def remark(files: Sequence[SourceFile], settings: TrainSettings, where: str) -> str:
    """Return a sentence on what was read of the gold set in the directory *where*; it names the only file of a set."""
    total = gold_sums(files)
    if settings.shares.gold == 0:
        return f"gold: not trained on, for train.shares.gold is 0 ({total.taken} lines of {where} could be)"
    if not total.files:
        return f"gold: none, {where} holds no file of data: the night trains without a gold set"
    refused = f", {total.refused} refused ({_listed(total.reasons)})" if total.refused else ""
    unread = f", {_files(total.unread.values())} not read ({_listed(total.unread)})" if total.unread else ""
    read = [f"gold/{one.name}" for one in files if one.source == "gold" and not one.unread]
    where_from = read[0] if total.files == len(read) == 1 else _files([total.files])
    return f"gold: {total.taken} of {total.lines} lines taken from {where_from}{refused}{unread}"


def _files(counts: Iterable[int]) -> str:
    count = sum(counts)
    return f"{count} file{'' if count == 1 else 's'}"


def _listed(reasons: Mapping[str, int]) -> str:
    most = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{count} {reason}" for reason, count in most)


def held(
    files: Sequence[SourceFile],
    settings: TrainSettings,
    where: str,
    before: int,
    rejected: Sequence[Rejected] = (),
) -> str:
    """Return why the night must not train with this gold set, and what to do; empty if it may.

    It must not if *where* holds files but no usable line, if more than `train.max_gold_refused` of the lines are
    refused, or if the set is empty although the last night that trained had *before* rows of gold. A workspace that
    never had a gold set trains without one.
    """
    total = gold_sums(files)
    limit = settings.max_gold_refused
    if settings.shares.gold == 0 or limit == 1:
        return ""
    if not total.files:
        if not before:
            return ""
        why = (
            f"gold: {where} holds no file of data, and the last night that trained had {before} rows of gold"
        )
    elif total.taken and total.refused <= limit * total.lines:
        return ""
    else:
        why = remark(files, settings, where)
    first = next((one for one in rejected if one.subject.startswith("gold/")), None)
    example = f" First: {first.subject}: {first.reason}, {first.detail}." if first else ""
    advice = f"Correct {where}, or allow it: train.max_gold_refused (now {limit:g}) or train.shares.gold = 0."
    return f"{why}.{example} {advice}"


def without(files: Sequence[SourceFile], refused: Sequence[Rejected]) -> list[SourceFile]:
    """Return *files* with lines that are *refused* for another reason, by `gold/NAME:LINE`, counted as refused."""
    later: dict[str, Counter[str]] = {}
    for one in refused:
        later.setdefault(one.subject.rpartition(":")[0], Counter())[one.reason] += 1
    return [_less(one, later.get(f"{one.source}/{one.name}", Counter())) for one in files]


def _less(file: SourceFile, reasons: Counter[str]) -> SourceFile:
    if not reasons:
        return file
    refused = dict(sorted((Counter(file.refused) + reasons).items()))
    return file.model_copy(update={"taken": file.taken - reasons.total(), "refused": refused})
