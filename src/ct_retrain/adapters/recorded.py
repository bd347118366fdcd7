"""Answers that somebody else drew: a JSONL file of `task_id` and `completion`, as benchmark harnesses write them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from ct_retrain import disk
from ct_retrain.core.errors import UsageError
from ct_retrain.core.problem import Completion, Prompt, Sampling
from ct_retrain.core.record import Rejected, Tool


class _Line(BaseModel):
    """One answer; other keys are the harness's business."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    task_id: str
    completion: str


class Recorded:
    """A Generator that gives back what is in a file, the answers to a task in the file's order."""

    def __init__(self, path: Path, problems: frozenset[str]) -> None:
        """Read the answers in *path* to *problems*; raise UsageError when there are none."""
        self.rejected: list[Rejected] = []
        """Lines that are no answer to a problem of the suite."""
        self._answers: defaultdict[str, list[str]] = defaultdict(list)
        if not path.is_file():
            message = f"{path} is no file; name a JSONL file of task_id and completion"
            raise UsageError(message)
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            self._read(f"{path.name}:{number}", line, problems)
        if not self._answers:
            wrong = f" (the first line that is none: {self.rejected[0].detail})" if self.rejected else ""
            message = f"{path} answers no problem of the suite{wrong}"
            raise UsageError(message)
        self.tool = Tool(name="recorded", version="1", detail=f"{path.name} {disk.sha256_of(path)}")

    def _read(self, place: str, line: bytes, problems: frozenset[str]) -> None:
        if not line.strip():
            return
        try:
            answer = _Line.model_validate_json(line)
        except ValidationError as error:
            detail = error.errors(include_url=False)[0]["msg"]
            self.rejected.append(Rejected(subject=place, reason="bad_line", detail=detail))
            return
        if answer.task_id in problems:
            self._answers[answer.task_id].append(answer.completion)
        else:
            detail = f"no problem {answer.task_id} in the suite, or it is in quarantine"
            self.rejected.append(Rejected(subject=place, reason="unknown_task", detail=detail))

    @property
    def samples(self) -> int:
        """Answers a problem: as many as most problems have, of equally many the fewer; what is missing has failed."""
        counts = Counter(len(answers) for answers in self._answers.values())
        return min(counts, key=lambda count: (-counts[count], count))

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Yield what there is, up to `sampling.samples` a prompt; nobody knows how an answer ended."""
        for prompt in prompts:
            for index, text in enumerate(self._answers[prompt.id][: sampling.samples]):
                if index >= prompt.first:
                    yield Completion(prompt_id=prompt.id, index=index, text=text, finished=True, tokens=0)
