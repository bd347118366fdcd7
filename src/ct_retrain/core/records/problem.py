"""Benchmarks as values: a problem, the samples a model gave for it, and the scorecard they add up to."""

from typing import Annotated, Literal

from pydantic import Field

from ct_retrain.core.record import Record, Rejected, Sha256, Tool
from ct_retrain.core.records.verdict import DataFile, Design, Verdict

Arm = Literal["candidate", "champion", "mainline"]
"""Tonight's adapter, the release `latest_nightly` points at, and the model without a nightly adapter."""


class Problem(Record):
    """One task of a suite: what the model reads, and what its answer is judged with."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    spec: str
    """What is to be built, as the suite says it."""
    top: str
    """Name the module of the answer must have."""
    testbench: str
    golden: str
    category: str
    tags: tuple[str, ...] = ()
    licence: str = "Apache-2.0"
    prompt: str = ""
    """What the model is asked, in the words of the suite's own harness, where those are more than the spec."""
    interface: str = ""
    """The module's header, where the suite gives it; an answer may then be the rest of the module alone."""
    files: tuple[DataFile, ...] = ()
    """What the testbench reads."""
    expected: int | None = None
    """Checks of the golden's run, once the health check has counted them."""
    source: Sha256 | None = None
    """Digest of what the suite itself says of this problem, before any patch."""

    @property
    def question(self) -> str:
        """What the model reads."""
        return self.prompt or self.spec

    def design(self, rtl: str) -> Design:
        """*rtl* before this problem's testbench."""
        return Design(rtl=rtl, testbench=self.testbench, files=self.files, expected=self.expected)


class Suite(Record):
    """A named set of problems with distinct ids, ordered by id."""

    name: str
    problems: tuple[Problem, ...]
    digest: Sha256
    """Over the problems."""
    kind: str = "plain"
    """Whose conventions it follows: a key of `suites.load.LAYOUTS`, `built-in` or `plain`."""
    rejected: tuple[Rejected, ...] = ()
    """What lay there and is no problem: each with its place and one reason."""


class Sampling(Record):
    """How answers are drawn; two arms are comparable only under equal Samplings."""

    samples: Annotated[int, Field(ge=1)]
    """Answers a problem (k)."""
    temperature: Annotated[float, Field(ge=0)]
    """0 is greedy: every sample is then the same."""
    top_p: Annotated[float, Field(gt=0, le=1)]
    max_new_tokens: Annotated[int, Field(ge=1)]
    """Longest answer."""
    max_thinking_tokens: Annotated[int, Field(ge=0)] = 0
    """What a thought before the answer may take in addition."""
    seed: int
    """Sample *i* of problem *p* is drawn with a stream of its own, from (seed, p, i)."""

    @property
    def longest(self) -> int:
        """Tokens that a thought and its answer may have together."""
        return self.max_new_tokens + self.max_thinking_tokens


class Prompt(Record):
    """A question for a generator; *id* also selects the random streams of its samples."""

    id: str
    text: str
    first: int = 0
    """Samples before this one are there already."""


class Completion(Record):
    """One answer of a generator."""

    prompt_id: str
    index: int
    """Which sample of the prompt, from 0."""
    text: str
    finished: bool
    """The model ended its answer itself; False when it ran into the token limit."""
    tokens: int


class Sample(Record):
    """An answer, the RTL found in it, and the verdict on that RTL."""

    problem_id: str
    index: int
    text: str
    rtl: str
    """Empty when the answer holds no module."""
    finished: bool
    tokens: int
    verdict: Verdict


class Estimate(Record):
    """A share in [0, 1] with its interval and what it rests on."""

    value: float
    low: float
    high: float
    problems: int
    samples: int


class Scorecard(Record):
    """What one arm achieved on one suite; never-attempted problems count as failed."""

    arm: Arm
    model: str
    """What produced the answers: an adapter path, or the mainline's name."""
    model_digest: str
    suite: str
    suite_digest: Sha256
    sampling: Sampling
    tools: tuple[Tool, ...]
    functional: Estimate
    """pass@1 over all problems."""
    pass_at_k: dict[str, Estimate]
    """k as text → unbiased pass@k, for every k ≤ samples."""
    categories: dict[str, Estimate]
    """Category → pass@1."""
    outcomes: dict[str, int]
    """How samples ended → how many: an Outcome, `no_module`, `truncated` or `not_attempted`."""
    compile_rate: float
    finished_rate: float
    forged: int = 0
    """Passes without the evidence that a pass rests on: checks, as many as the golden's run made."""
    passes: dict[str, int]
    """Problem id → samples that passed, of `sampling.samples`."""
    answers: str = ""
    """Digest of the texts of all answers, by problem and number; empty in scorecards of earlier versions."""
