"""Benchmarks as values: problems, a model's samples, and scorecards."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from ct_retrain.core.record import Record, Rejected, Sha256, Tool
from ct_retrain.core.records.arm import ArmId
from ct_retrain.core.records.verdict import DataFile, Design, ReferenceDesign, Verdict

JudgedBy = Literal["testbench", "testbench_alone", "proof"]
"""What judges an answer; `JUDGED_BY` says it in words."""
JUDGED_BY: Mapping[JudgedBy, str] = {
    "testbench": "judged by a testbench that the golden passes",
    "testbench_alone": "judged by their testbench alone, for no golden is published",
    "proof": "judged by proof against the golden, where what is unproven is no pass",
}


class Problem(Record):
    """One task of a suite: the question to the model, and what judges the answer."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    spec: str
    """Task description in the suite's words."""
    top: str
    """Name that the answer's module must have."""
    testbench: str
    """Empty if a proof judges."""
    golden: str
    """A right answer; empty if the suite withholds it."""
    category: str
    tags: tuple[str, ...] = ()
    licence: str = "Apache-2.0"
    prompt: str = ""
    """Prompt of the suite's own harness, if it differs from the spec."""
    interface: str = ""
    """Header of the module, if the suite gives it; an answer may then be only the module's body."""
    files: tuple[DataFile, ...] = ()
    """Files that the testbench reads."""
    expected: int | None = None
    """Comparisons in the golden's run, once the health check has counted them."""
    source: Sha256 | None = None
    """Digest of the problem as the suite defines it, before any patch."""

    @property
    def question(self) -> str:
        """The text that the model is asked."""
        return self.prompt or self.spec

    @property
    def judged_by(self) -> JudgedBy:
        """What judges the answer."""
        if not self.testbench.strip():
            return "proof"
        return "testbench" if self.golden.strip() else "testbench_alone"

    def design(self, rtl: str) -> Design:
        """Return *rtl* combined with this problem's testbench, or with what it must be proved equal to."""
        proof = self.judged_by == "proof"
        equals = ReferenceDesign(rtl=self.golden, module=self.top) if proof else None
        return Design(
            rtl=rtl, testbench=self.testbench, files=self.files, expected=self.expected, equals=equals
        )


class Suite(Record):
    """A named set of problems with distinct ids, sorted by id."""

    name: str
    problems: tuple[Problem, ...]
    digest: Sha256
    """Digest of the problems."""
    kind: str = "plain"
    """Layout of the suite: a key of `suites.load.LAYOUTS`, `built-in` or `plain`."""
    rejected: tuple[Rejected, ...] = ()
    """Items that are not usable problems, each with its place and one reason."""


class Sampling(Record):
    """Sampling parameters; two arms are comparable only if they are equal."""

    samples: Annotated[int, Field(ge=1)]
    """Answers per problem (k)."""
    temperature: Annotated[float, Field(ge=0)]
    """Temperature; at 0 (greedy) all samples are equal."""
    top_p: Annotated[float, Field(gt=0, le=1)]
    max_new_tokens: Annotated[int, Field(ge=1)]
    """Maximum tokens of an answer."""
    max_thinking_tokens: Annotated[int, Field(ge=0)] = 0
    """Maximum additional tokens of reasoning before the answer."""
    seed: int
    """Seed; sample *i* of problem *p* has a random stream of its own, from (seed, p, i)."""

    @property
    def longest(self) -> int:
        """Maximum tokens of reasoning and answer together."""
        return self.max_new_tokens + self.max_thinking_tokens


class Prompt(Record):
    """A question for a generator; *id* also selects the random streams of its samples."""

    id: str
    text: str
    first: int = 0
    """Index of the first sample to draw; earlier ones exist already."""


class Completion(Record):
    """One answer of a generator."""

    prompt_id: str
    index: int
    """Index of the sample within its prompt, from 0."""
    text: str
    finished: bool
    """Whether the model ended its answer itself, before the token limit."""
    tokens: int


class Sample(Record):
    """An answer, the RTL found in it, and the verdict on that RTL."""

    problem_id: str
    index: int
    text: str
    rtl: str
    """RTL found in the answer; empty if it holds no module."""
    finished: bool
    tokens: int
    verdict: Verdict


class Estimate(Record):
    """A share in [0, 1] with its interval and the counts behind it."""

    value: float
    low: float
    high: float
    problems: int
    samples: int


class Scorecard(Record):
    """Result of one arm on one suite; problems not attempted count as failed."""

    arm: ArmId
    model: str
    """Source of the answers: an adapter path, or the mainline's name."""
    model_digest: str
    suite: str
    suite_digest: Sha256
    sampling: Sampling
    tools: Annotated[tuple[Tool, ...], Field(min_length=1)]
    functional: Estimate
    """pass@1 over all problems."""
    pass_at_k: dict[str, Estimate]
    """k as text → unbiased pass@k, for every k ≤ samples."""
    categories: dict[str, Estimate]
    """Category → pass@1."""
    outcomes: dict[str, int]
    """Ending → number of samples: an Outcome, `no_module`, `truncated` or `not_attempted`."""
    compile_rate: float
    finished_rate: float
    forged: int = 0
    """Passes without the evidence every pass must have: at least as many comparisons as the golden's run."""
    passes: dict[str, int]
    """Problem id → samples that passed, of `sampling.samples`."""
    answers: str = ""
    """Digest of the texts of all answers; empty in scorecards of earlier versions."""
    judged_otherwise: dict[JudgedBy, int] = Field(default_factory=dict[JudgedBy, int])
    """How many problems no testbench with a passing golden judges, by what does; empty if there are none."""
