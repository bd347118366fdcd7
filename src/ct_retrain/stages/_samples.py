"""Stores samples on disk: appended one by one, each complete or absent, and kept for later nights that need the same.

The name of a stored file is a digest of everything a sample depends on, except how many there are: a sample depends
only on (seed, problem, index), so a file of four is the beginning of a file of ten.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from ct_retrain import disk
from ct_retrain.core.record import Record, Sha256
from ct_retrain.core.records.problem import Completion, Sample
from ct_retrain.core.records.verdict import Outcome, Verdict
from ct_retrain.core.rules.thoughts import split_thoughts

_KEPT = 24
"""Files in the stock, those that were used last; a night brings up to three, and one for each challenger."""


class _Seal(Record):
    """Digest and size that a file of the stock must have to be used."""

    sha256: Sha256


def sample_of(completion: Completion, rtl: str, verdict: Verdict) -> Sample:
    """Return *completion* with the *verdict* on its *rtl*; without RTL it never passes.

    An answer that consists only of thoughts counts as unfinished, even if the model ended it itself.
    """
    nothing = {"outcome": Outcome.COMPILE_ERROR, "detail": "no module in the answer"}
    return Sample(
        problem_id=completion.prompt_id,
        index=completion.index,
        text=completion.text,
        rtl=rtl,
        finished=completion.finished and not split_thoughts(completion.text).unfinished,
        tokens=completion.tokens,
        verdict=verdict if rtl else verdict.model_copy(update=nothing),
    )


def whole_samples(path: Path) -> list[Sample]:
    """Return the valid samples in *path* in problem order, without duplicates, and rewrite the file with them."""
    if not path.exists():
        return []
    return write_in_order(path, list(_valid(path.read_bytes().splitlines())))


def _valid(lines: Iterable[bytes]) -> Iterator[Sample]:
    for line in lines:
        with contextlib.suppress(ValidationError):
            yield Sample.model_validate_json(line)


def write_in_order(path: Path, samples: Sequence[Sample]) -> list[Sample]:
    """Write the file in problem order, so that an interrupted run leaves the same bytes as an uninterrupted one."""
    once = {(one.problem_id, one.index): one for one in samples}
    ordered = [once[key] for key in sorted(once)]
    disk.write_lines(path, iter(ordered))
    return ordered


def take_from_stock(stock: Path | None, key: str, path: Path) -> None:
    """Start *path* with what *stock* holds under *key*, if it is intact; this counts as a use."""
    if stock is None or path.exists() or not stock.exists():
        return
    kept, seal = stock / f"{key}.jsonl", stock / f"{key}.json"
    with disk.alone_in(stock):
        if kept.is_file() and seal.is_file() and _sealed(kept, seal):
            disk.write_bytes(path, kept.read_bytes())
            kept.touch()


def _sealed(kept: Path, seal: Path) -> bool:
    try:
        return _Seal.model_validate_json(seal.read_bytes()).sha256 == disk.sha256_of(kept)
    except (OSError, ValidationError):
        return False


def put_in_stock(stock: Path | None, key: str, path: Path) -> None:
    """Store *path* in *stock* under *key*, unless at least as much is there; delete the least recently used files."""
    if stock is not None:
        with disk.alone_in(disk.make_directory(stock)):
            _put(stock, key, path)


def _put(stock: Path, key: str, path: Path) -> None:
    kept, seal = stock / f"{key}.jsonl", stock / f"{key}.json"
    if kept.is_file() and kept.stat().st_size >= path.stat().st_size and _sealed(kept, seal):
        kept.touch()
        return
    disk.write_bytes(kept, path.read_bytes())
    disk.write_record(seal, _Seal(sha256=disk.sha256_of(kept)))
    files = sorted(stock.glob("*.jsonl"), key=lambda one: one.stat().st_mtime_ns)
    for old in files[:-_KEPT]:
        old.with_suffix(".json").unlink(missing_ok=True)
        old.unlink(missing_ok=True)
