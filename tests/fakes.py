"""Fakes of the ports that need a GPU or weights, pleasant to write tests with; the simulator is never faked."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from ct_retrain.core.errors import ToolError
from ct_retrain.core.ports import Generator
from ct_retrain.core.record import Tool
from ct_retrain.core.records.notice import Notice
from ct_retrain.core.records.problem import Completion, Prompt, Sampling
from ct_retrain.core.records.tracked import Tracked, TrackerInput
from ct_retrain.core.records.training import Fit, LossPoint, TrainPlan
from ct_retrain.core.records.verdict import Design, Outcome
from ct_retrain.judge.credibility import Credibility


class Scripted:
    """A generator that answers every prompt text from a table, and an empty module where the table is silent."""

    def __init__(self, answers: Mapping[str, str], name: str = "scripted") -> None:
        self._answers = answers
        self._name = name

    @property
    def tool(self) -> Tool:
        return Tool(name="scripted", version="1", detail=self._name)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        for prompt in prompts:
            for index in range(prompt.first, sampling.samples):
                text = self._answers.get(prompt.text, "module nothing; endmodule\n")
                yield Completion(prompt_id=prompt.id, index=index, text=text, finished=True, tokens=len(text))


class Learner:
    """Trainer and Generators in one: an adapter is the list of prompts it was trained on, answered from then on."""

    def __init__(self, knows: Mapping[str, str], forgets: bool = False) -> None:
        self._knows = dict(knows)
        self._forgets = forgets
        self.fits = 0

    @property
    def tool(self) -> Tool:
        return Tool(name="learner", version="1")

    def fit(self, plan: TrainPlan, out: Path) -> Fit:
        import json

        self.fits += 1
        rows = [json.loads(line) for line in Path(plan.mixture).read_text().splitlines()]
        learnt = {} if self._forgets else {row["prompt"]: row["completion"] for row in rows}
        adapter = out / "adapter"
        adapter.mkdir(exist_ok=True)
        (adapter / "adapter_model.safetensors").write_text(json.dumps(learnt, sort_keys=True))
        (adapter / "adapter_config.json").write_text("{}")
        return Fit(
            steps=1,
            epochs=1.0,
            examples=plan.rows,
            skipped=0,
            tokens=10,
            seconds=0.0,
            peak_memory=0,
            device="fake",
            losses=(LossPoint(step=1, loss=0.5, learning_rate=1e-4),),
            versions={},
        )

    def open(self, adapter: Path | None) -> Generator:
        import json

        if adapter is None:
            return Scripted(self._knows, "mainline")
        weights = adapter / "adapter_model.safetensors"
        if not weights.exists():
            message = f"{adapter} holds no adapter"
            raise ToolError(message)
        learnt = json.loads(weights.read_text())
        base = {} if self._forgets else self._knows
        return Scripted({**base, **learnt}, weights.read_text())

    def close(self) -> None:
        """It holds nothing."""


class Appraising:
    """An appraiser with one opinion of every testbench, that remembers which designs it was shown."""

    def __init__(self, killed: int, different: int, undecided: int) -> None:
        self.goldens: list[Design] = []
        self._counts = (killed, different, undecided)

    @property
    def tool(self) -> Tool:
        return Tool(name="appraising", version="1", detail=str(self._counts))

    def __call__(self, golden: Design, most: int) -> Credibility:
        self.goldens.append(golden)
        killed, different, undecided = self._counts
        return Credibility(
            golden=Outcome.PASS,
            stubs_passed=(),
            mutants=min(most, sum(self._counts)),
            killed=killed,
            equivalent=0,
            different=different,
            undecided=undecided,
            low=killed / sum(self._counts),
            high=killed / (killed + different),
            operators=(),
            seconds=0.0,
            told=killed,
        )


class Inbox:
    """A notifier of one channel that keeps what it was told, or fails when it is dead."""

    channels: ClassVar[Mapping[str, str]] = {"inbox": "the inbox"}

    def __init__(self, dead: bool = False) -> None:
        self.notices: list[Notice] = []
        self._dead = dead

    def send(self, notice: Notice, channels: Collection[str]) -> Mapping[str, str]:
        if self._dead:
            return dict.fromkeys(channels, "connection refused")
        self.notices.append(notice)
        return {}


class Chalkboard:
    """A tracker that keeps what it was told, or fails while it is dead."""

    place = "chalkboard"

    def __init__(self) -> None:
        self.stories: list[TrackerInput] = []
        self.dead = False

    def follow(self, story: TrackerInput) -> Tracked:
        if self.dead:
            message = "database is locked"
            raise ToolError(message)
        self.stories.append(story)
        return self.holds()

    def rebuild(self, story: TrackerInput) -> Tracked:
        self.stories = []
        return self.follow(story)

    def holds(self) -> Tracked:
        nights = {night.night for story in self.stories for night in story.nights}
        return Tracked(store=self.place, nights=tuple(sorted(nights)), aliases={})
