"""Import logs of inspect_ai (`.eval` or `.json`), with its own reader.

A sample is a conversation. A testbench in its metadata counts as written before it began (a log only names the files
of a sandbox), and what its scorers agree on is the verdict on its last answer.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Rejected
from ct_retrain.importers.attempt import ImportedAttempt
from ct_retrain.importers.conversation import Conversation, attempts_of
from ct_retrain.importers.library import library
from ct_retrain.importers.messages import talk_of
from ct_retrain.importers.values import object_of
from ct_retrain.trace.lines import moment_of

_VERDICTS = {
    "C": "pass",
    "I": "fail",
    "1": "pass",
    "0": "fail",
    "1.0": "pass",
    "0.0": "fail",
    "True": "pass",
    "False": "fail",
}
"""What inspect_ai's own scorers give, as text: correct and incorrect, true and false, one and nothing."""


def attempts(path: Path) -> Iterator[ImportedAttempt | Rejected]:
    """Yield the simulations of the log *path*, or of all logs below the directory *path*."""
    log = library("inspect_ai.log", "inspect")
    files = [path] if path.is_file() else sorted({*path.rglob("*.eval"), *path.rglob("*.json")})
    if not files:
        raise UsageError(f"{path} is no log and no directory with .eval or .json files: name one")
    for file in files:
        try:
            read = log.read_eval_log(str(file))
        except Exception as error:  # noqa: BLE001 - the library raises what its parsers do, and a file is one subject
            yield Rejected(
                subject=file.name, reason="unreadable", detail=f"{type(error).__name__}: {error}"[:300]
            )
            continue
        if not read.samples:
            yield Rejected(subject=file.name, reason="no_samples", detail=f"the log ended as {read.status}")
        for sample in read.samples or ():
            yield from attempts_of(_conversation(read, sample))


def _conversation(log: Any, sample: Any) -> Conversation:
    verdict, reason = _verdict(sample.scores or {})
    ended = sample.completed_at or sample.started_at
    return Conversation(
        name=f"{log.eval.task}-{log.eval.run_id[:8]}-{sample.id}-{sample.epoch}",
        talk=talk_of(one.model_dump(mode="json") for one in sample.messages),
        generator=str(log.eval.model),
        files={str(name): text for name, text in object_of(sample.metadata).items() if isinstance(text, str)},
        when=moment_of(str(ended)),
        verdict=verdict,
        reason=reason,
    )


def _verdict(scores: Mapping[str, Any]) -> tuple[str, str]:
    """What all *scores* agree on, and why; two empty texts where they do not, or where one is a share."""
    found = {_VERDICTS.get(str(one.value), "") for one in scores.values()}
    if len(found) != 1:
        return "", ""
    return found.pop(), "\n".join(str(one.explanation or "") for one in scores.values())
