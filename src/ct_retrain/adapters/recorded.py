"""Answers that somebody else drew: a JSONL file of `task_id` and `completion`, as benchmark harnesses write them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from ct_retrain import disk
from ct_retrain.core.errors import UsageError
from ct_retrain.core.problem import Completion, Prompt, Sampling
from ct_retrain.core.record import Rejected, Tool
from ct_retrain.suites.lines import Line, read_objects, unfit


class _Answer(BaseModel):
    """One answer; other keys are the harness's business."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    task_id: str
    completion: str


class Recorded:
    """A Generator that gives back what is in a file, the answers to a task in the file's order."""

    def __init__(self, path: Path, problems: frozenset[str]) -> None:
        """Read the answers in *path* to *problems*; raise UsageError when there are none."""
        self.rejected: list[Rejected] = []
        """Lines that count in no score: no answer, to no problem of the suite, or more than `samples` to one."""
        found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for place, answer in self._answers_in(path):
            if answer.task_id in problems:
                found[answer.task_id].append((place, answer.completion))
            else:
                detail = f"the suite has no problem {answer.task_id}"
                self.rejected.append(Rejected(subject=place, reason="unknown_task", detail=detail))
        if not found:
            first = next(iter(self.rejected), None)
            why = f"; {first.subject}: {first.reason}: {first.detail}" if first else " and no line"
            raise UsageError(f"{path} holds no answer to a problem of the suite{why}")
        self.samples = _most_common(len(answers) for answers in found.values())
        """Answers a problem: as many as most problems have, of equally many the fewer; what is missing has failed."""
        self._texts = {task: [text for _, text in these[: self.samples]] for task, these in found.items()}
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
        """Yield what there is, up to `sampling.samples` a prompt; nobody knows how an answer ended."""
        for prompt in prompts:
            for index, text in enumerate(self._texts.get(prompt.id, ())[: sampling.samples]):
                if index >= prompt.first:
                    yield Completion(prompt_id=prompt.id, index=index, text=text, finished=True, tokens=0)


def _answer(line: Line | Rejected) -> tuple[str, _Answer] | Rejected:
    if isinstance(line, Rejected):
        return line
    try:
        return line.place, _Answer.model_validate_json(line.text)
    except ValidationError as error:
        return unfit(line.place, error)


def _most_common(counts: Iterator[int]) -> int:
    how_often = Counter(counts)
    return min(how_often, key=lambda count: (-how_often[count], count))
