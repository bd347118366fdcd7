"""Read scorecards from the files that hold them: of a benchmark, a night or a release."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any

from pydantic import ValidationError

from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.problem import Scorecard
from ct_retrain.core.rules.leaderboard import NamedScorecard


def read_entries(named: Sequence[str]) -> list[NamedScorecard]:
    """Return the scorecards of files, each `FILE` or `NAME=FILE`.

    A scorecard is called NAME, or after its model; of a file with several, by its arm. Where that leaves two of one
    name, the file is added. Raise UsageError for a file without scorecards, and where a name stays ambiguous.
    """
    found: list[tuple[str, NamedScorecard]] = []
    for text in named:
        name, path = _split(text)
        cards = list(_cards(path))
        for card in cards:
            own = str(card.arm) if len(cards) > 1 else PurePath(card.model).name
            title = f"{name} {own}" if name and len(cards) > 1 else name or own
            found.append((str(path), NamedScorecard(title, card)))
    count = Counter(entry.name for _, entry in found)
    entries = [
        entry if count[entry.name] == 1 else entry._replace(name=f"{entry.name} ({path})")
        for path, entry in found
    ]
    twice = [name for name, times in Counter(entry.name for entry in entries).items() if times > 1]
    if twice:
        raise UsageError(f"two scorecards are called {twice[0]}: give them names, NAME=FILE")
    _refuse_other_problems(found)
    return entries


def _refuse_other_problems(found: Sequence[tuple[str, NamedScorecard]]) -> None:
    """Raise UsageError where one digest of a suite stands for two sets of problems."""
    firsts: dict[str, tuple[str, Scorecard]] = {}
    for path, entry in found:
        first_path, first = firsts.setdefault(entry.card.suite_digest, (path, entry.card))
        if entry.card.passes.keys() != first.passes.keys():
            raise UsageError(
                f"{path}: passes: not the problems that {first_path} has, under the same suite_digest: one was edited"
            )


def _split(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    return ("", Path(text)) if not equals or Path(text).exists() else (name, Path(path))


def _cards(path: Path) -> Iterator[Scorecard]:
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    try:
        for value in _objects(text):
            card = Scorecard.model_validate_json(
                json.dumps({key: value[key] for key in Scorecard.model_fields if key in value})
            )
            _refuse_edited(card)
            yield card
    except (ValueError, ValidationError) as error:
        why = str(error)
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            why = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        raise UsageError(
            f"{path} holds no scorecard ({why}): give what `ct-retrain benchmark --json` prints, "
            "scorecards.jsonl of a night's benchmark, or scorecard.json of a release"
        ) from error


def _refuse_edited(card: Scorecard) -> None:
    """Raise ValueError, naming the field, for counts that no benchmark gives."""
    samples = card.sampling.samples
    wrong = next((name for name, count in card.passes.items() if not 0 <= count <= samples), None)
    if wrong is not None:
        message = f"passes.{wrong}: {card.passes[wrong]} of {samples} samples passed"
        raise ValueError(message)
    if len(card.passes) != card.functional.problems:
        message = (
            f"passes: {len(card.passes)} problems, and functional.problems is {card.functional.problems}"
        )
        raise ValueError(message)


def _objects(text: str) -> list[dict[str, Any]]:
    """Return the JSON objects of *text*: one, or one a line; raise ValueError if it is none."""
    try:
        values = [json.loads(text)]
    except ValueError:
        values = [json.loads(line) for line in text.splitlines() if line.strip()]
    if not values or not all(isinstance(one, dict) for one in values):
        message = "no JSON object"
        raise ValueError(message)
    return values
