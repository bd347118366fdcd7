"""Answers in a file, to be judged elsewhere or later: JSONL of `task_id` and `completion`, as harnesses
write.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from ct_retrain import disk
from ct_retrain.core.errors import UsageError
from ct_retrain.core.ports import Generator
from ct_retrain.core.record import Record, Rejected, Tool, digest
from ct_retrain.core.records.problem import (
    Completion,
    Problem,
    Prompt,
    Sampling,
)
from ct_retrain.suites.lines import JsonLine, read_objects, unfit


class _Answer(BaseModel):
    """One answer; other keys are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    task_id: str
    completion: str
    finished: bool = True
    tokens: int = 0


class _Own(Record):
    """An answer as written here."""

    task_id: str
    completion: str
    finished: bool
    tokens: int
    drawn: str
    """Digest of the question, the model and the sampling; answers with different digests must not be mixed.
    """


def record(path: Path, problems: Sequence[Problem], generator: Generator, sampling: Sampling) -> int:
    """Draw the answers that *path* lacks of `sampling.samples` per problem and append them; return their
    number.

    Nothing is judged. Raise UsageError if *path* holds answers that were drawn in another way.
    """
    how = sampling.model_dump(exclude={"samples"})
    drawn = {one.id: digest(one.question, generator.tool, how) for one in problems}
    kept = list(_kept(path, drawn)) if path.exists() else []
    disk.write_lines(path, iter(kept))
    have = Counter(one.task_id for one in kept)
    prompts = [Prompt(id=one.id, text=one.question, first=have[one.id]) for one in problems]
    prompts = [one for one in prompts if one.first < sampling.samples]
    count = 0
    with path.open("ab") as file:
        for one in generator.generate(prompts, sampling):
            line = _Own(
                task_id=one.prompt_id,
                completion=one.text,
                finished=one.finished,
                tokens=one.tokens,
                drawn=drawn[one.prompt_id],
            )
            file.write(line.model_dump_json().encode() + b"\n")
            file.flush()
            count += 1
    return count


def _kept(path: Path, drawn: Mapping[str, str]) -> Iterator[_Own]:
    """Return the complete lines of *path*; an incomplete last line is dropped."""
    for line in read_objects(path):
        if isinstance(line, Rejected):
            continue
        try:
            own = _Own.model_validate_json(line.text)
        except ValidationError as error:
            raise UsageError(f"{path} holds answers that are not ours: name another file") from error
        if drawn.get(own.task_id) != own.drawn:
            message = (
                f"{line.place} was drawn from another model, suite or setting: name another file than {path}"
            )
            raise UsageError(message)
        yield own


class RecordedGenerator:
    """A Generator that returns the answers in a file, those to a task in the file's order."""

    def __init__(self, path: Path, problems: frozenset[str]) -> None:
        """Read the answers in *path* to *problems*; raise UsageError if there are none."""
        self.rejected: list[Rejected] = []
        """Lines not counted: no answer, an answer to no problem of the suite, or beyond `samples` for one."""
        found: defaultdict[str, list[tuple[str, _Answer]]] = defaultdict(list)
        for place, answer in self._answers_in(path):
            if answer.task_id in problems:
                found[answer.task_id].append((place, answer))
            else:
                detail = f"the suite has no problem {answer.task_id}"
                self.rejected.append(Rejected(subject=place, reason="unknown_task", detail=detail))
        if not found:
            first = next(iter(self.rejected), None)
            why = f"; {first.subject}: {first.reason}: {first.detail}" if first else " and no line"
            raise UsageError(f"{path} holds no answer to a problem of the suite{why}")
        self.samples = _most_common(len(answers) for answers in found.values())
        """Answers per problem: the most common number, the smaller on a tie; missing answers count as failed.
        """
        self._answers = {task: [one for _, one in these[: self.samples]] for task, these in found.items()}
        for task, these in found.items():
            for place, _ in these[self.samples :]:
                detail = (
                    f"{task} has {len(these)} answers, and most problems {self.samples}: the first ones count"
                )
                self.rejected.append(Rejected(subject=place, reason="surplus", detail=detail))
        self.tool = Tool(name="recorded", version="1", detail=f"{path.name} {disk.sha256_of(path)}")

    def _answers_in(self, path: Path) -> Iterator[tuple[str, _Answer]]:
        try:
            for line in read_objects(path):
                read = _answer(line)
                if isinstance(read, Rejected):
                    self.rejected.append(read)
                else:
                    yield read
        except OSError as error:
            raise UsageError(
                f"{path} cannot be read ({error.strerror}); name a JSONL file of task_id and completion"
            ) from error

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Yield up to `sampling.samples` answers per prompt; one is finished unless its line says otherwise."""
        for prompt in prompts:
            for index, one in enumerate(self._answers.get(prompt.id, ())[: sampling.samples]):
                if index >= prompt.first:
                    yield Completion(
                        prompt_id=prompt.id,
                        index=index,
                        text=one.completion,
                        finished=one.finished,
                        tokens=one.tokens,
                    )


def _answer(line: JsonLine | Rejected) -> tuple[str, _Answer] | Rejected:
    if isinstance(line, Rejected):
        return line
    try:
        return line.place, _Answer.model_validate_json(line.text)
    except ValidationError as error:
        return unfit(line.place, error)


def _most_common(counts: Iterator[int]) -> int:
    how_often = Counter(counts)
    return min(how_often, key=lambda count: (-how_often[count], count))
