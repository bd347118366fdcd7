"""A benchmark draws what it lacks, goes on where it was cut short, and ends the same whoever holds it."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import pytest
from tests.fakes import Scripted

from ct_retrain.adapters.endpoint import EndpointGenerators
from ct_retrain.core.configuration.settings import BenchmarkSettings, EndpointSettings, GateSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.ports import Generator
from ct_retrain.core.record import Tool, digest
from ct_retrain.core.records.arm import Arm
from ct_retrain.core.records.decision import Hold, Promote, Reject
from ct_retrain.core.records.night import BenchmarkFacts
from ct_retrain.core.records.problem import (
    Completion,
    Prompt,
    Sampling,
    Suite,
)
from ct_retrain.judge.judge import Judge
from ct_retrain.stages._samples import put_in_stock, take_from_stock
from ct_retrain.stages.benchmark import BenchmarkInputs, benchmark
from ct_retrain.suites.load import load_suite

GATE = GateSettings(floors={}, min_compile_rate=0.0)


@pytest.fixture(scope="module")
def suite() -> Suite:
    problems = load_suite("behavioural", Path()).problems[:7]
    return Suite(name="seven", problems=problems, digest=digest(*problems))


class Counting(Scripted):
    """Counts what is drawn, and dies when it has drawn enough."""

    def __init__(self, answers: Mapping[str, str], name: str, dies_after: int | None = None) -> None:
        super().__init__(answers, name)
        self.drawn = 0
        self._dies_after = dies_after

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        for one in super().generate(prompts, sampling):
            if self.drawn == self._dies_after:
                message = "out of memory"
                raise ToolError(message)
            self.drawn += 1
            yield one


class Arms:
    """A candidate that knows every golden, and a mainline that knows some."""

    def __init__(self, suite: Suite, known: int = 0, dies_after: int | None = None) -> None:
        goldens = {one.spec: one.golden for one in suite.problems}
        some = dict(list(goldens.items())[:known])
        self.candidate = Counting(goldens, "candidate", dies_after)
        self.mainline = Counting(some, "mainline")

    @property
    def drawn(self) -> int:
        return self.candidate.drawn + self.mainline.drawn

    def close(self) -> None: ...

    def open(self, adapter: Path | None) -> Generator:
        return self.candidate if adapter else self.mainline


def inputs(suite: Suite, stock: Path | None = None, workers: int = 1, **settings: int) -> BenchmarkInputs:
    chosen = BenchmarkSettings.model_validate({"samples": 3, **settings})
    arms: tuple[Arm, ...] = (Arm("candidate", Path("adapter")), Arm("mainline"))
    return BenchmarkInputs(suite, arms, chosen, GATE, 0.01, workers, stock, {})


def files(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.rglob("*.jsonl"))}


def test_a_better_candidate_is_promoted(tmp_path: Path, suite: Suite, judge: Judge) -> None:
    facts = benchmark(tmp_path, inputs(suite), Arms(suite), judge)

    assert isinstance(facts.decision, Promote)
    assert [card.functional.value for card in facts.scorecards] == [1.0, 0.0]
    assert facts.scorecards[1].outcomes == {"compile_error": 21}


def test_what_was_drawn_before_is_not_drawn_again(tmp_path: Path, suite: Suite, judge: Judge) -> None:
    stock, first, second = tmp_path / "stock", Arms(suite), Arms(suite)
    before = benchmark(tmp_path / "1", inputs(suite, stock), first, judge)
    after = benchmark(tmp_path / "2", inputs(suite, stock), second, judge)

    assert (first.drawn, second.drawn) == (42, 0)
    assert before == after
    assert files(tmp_path / "1") == files(tmp_path / "2")


def test_samples_that_were_touched_are_drawn_anew(tmp_path: Path, suite: Suite, judge: Judge) -> None:
    stock, second = tmp_path / "stock", Arms(suite)
    benchmark(tmp_path / "1", inputs(suite, stock), Arms(suite), judge)
    for path in stock.glob("*.jsonl"):
        path.write_bytes(path.read_bytes().replace(b'"compile_error"', b'"pass"'))
    after = benchmark(tmp_path / "2", inputs(suite, stock), second, judge)

    assert second.mainline.drawn == 21
    assert after.scorecards[1].functional.value == 0


@pytest.mark.parametrize("dies_after", [0, 1, 7, 17])
def test_a_benchmark_that_was_cut_short_ends_the_same(
    tmp_path: Path, suite: Suite, judge: Judge, dies_after: int
) -> None:
    whole = benchmark(tmp_path / "whole", inputs(suite), Arms(suite), judge)
    with pytest.raises(ToolError):
        benchmark(tmp_path / "cut", inputs(suite), Arms(suite, dies_after=dies_after), judge)
    torn = next(iter((tmp_path / "cut" / "samples").glob("*.jsonl")))
    torn.write_bytes(torn.read_bytes() + b'{"problem_id": "half')
    again = Arms(suite)
    resumed = benchmark(tmp_path / "cut", inputs(suite), again, judge)

    assert resumed == whole
    assert files(tmp_path / "cut") == files(tmp_path / "whole")
    assert again.candidate.drawn <= 21 - dies_after + 4, "no more than what was in flight is lost"


def test_the_number_of_workers_changes_no_byte(tmp_path: Path, suite: Suite, judge: Judge) -> None:
    one = benchmark(tmp_path / "1", inputs(suite, workers=1), Arms(suite, 3), judge)
    four = benchmark(tmp_path / "4", inputs(suite, workers=4), Arms(suite, 3), judge)

    assert one == four
    assert files(tmp_path / "1") == files(tmp_path / "4")


def test_looking_stops_when_the_answer_is_clear(tmp_path: Path, suite: Suite, judge: Judge) -> None:
    arms = Arms(suite)
    facts = benchmark(tmp_path, inputs(suite, adaptive=1), arms, judge)

    assert isinstance(facts.decision, Promote)
    assert [card.sampling.samples for card in facts.scorecards] == [8, 8]
    assert arms.drawn == 2 * 7 * 8, "the second look keeps what the first one drew"


def test_an_answer_that_is_not_clear_gets_all_looks(tmp_path: Path, suite: Suite, judge: Judge) -> None:
    facts = benchmark(tmp_path, inputs(suite, adaptive=1), Arms(suite, known=7), judge)

    assert [card.sampling.samples for card in facts.scorecards] == [32, 32]
    assert not isinstance(facts.decision, Promote)


class Locked:
    """Opens each arm only as often as it is said to."""

    def __init__(self, arms: Arms, **refusals: int) -> None:
        self._arms, self._refusals = arms, refusals

    def close(self) -> None: ...

    def open(self, adapter: Path | None) -> Generator:
        name = str(adapter or "mainline")
        self._refusals[name] = self._refusals.get(name, 0) - 1
        if self._refusals[name] >= 0:
            message = f"{name} does not load"
            raise ToolError(message)
        return self._arms.open(adapter)


def test_an_adapter_that_does_not_load_is_rejected_and_nobody_is_asked(
    tmp_path: Path, suite: Suite, judge: Judge
) -> None:
    arms = Arms(suite)
    facts = benchmark(tmp_path, inputs(suite), Locked(arms, adapter=2), judge)

    assert isinstance(facts.decision, Reject)
    assert facts.decision.evidence.explanation == "Rejected: the adapter does not load. adapter does not load"
    assert (facts.scorecards, arms.drawn) == ((), 0)


def test_an_adapter_that_loads_at_the_second_attempt_is_measured(
    tmp_path: Path, suite: Suite, judge: Judge
) -> None:
    assert isinstance(
        benchmark(tmp_path, inputs(suite), Locked(Arms(suite), adapter=1), judge).decision, Promote
    )


def test_where_mainline_does_not_load_either_nothing_is_decided(
    tmp_path: Path, suite: Suite, judge: Judge
) -> None:
    with pytest.raises(ToolError, match="mainline does not load"):
        benchmark(tmp_path, inputs(suite), Locked(Arms(suite), adapter=9, mainline=9), judge)
    with pytest.raises(ToolError, match="mainline does not load"):
        benchmark(tmp_path, inputs(suite), Locked(Arms(suite), mainline=9), judge)


class Backwards(Counting):
    """Asks the last problem first, as a model does that takes long prompts first."""

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        yield from super().generate(prompts[::-1], sampling)


def test_a_kill_between_the_last_answer_and_the_end_leaves_no_other_order(
    tmp_path: Path, suite: Suite, judge: Judge
) -> None:
    arms = Arms(suite)
    arms.candidate = Backwards(arms.candidate._answers, "candidate")
    whole = benchmark(tmp_path / "whole", inputs(suite), arms, judge)
    benchmark(tmp_path / "cut", inputs(suite), arms, judge)
    for path in (tmp_path / "cut" / "samples").iterdir():
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([*lines[::-1], *lines[:2]]))
    drawn = arms.drawn
    again = benchmark(tmp_path / "cut", inputs(suite), arms, judge)

    assert again == whole
    assert files(tmp_path / "cut") == files(tmp_path / "whole")
    assert arms.drawn == drawn


class Mumbling(Scripted):
    """Answers without a module, and answers that were cut off."""

    @property
    def tool(self) -> Tool:
        return Tool(name="scripted", version="1", detail="mumbling")

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        for one in super().generate(prompts, sampling):
            cut = one.index == 0
            text = "module cut(input a" if cut else "I would rather not."
            yield one.model_copy(update={"text": text, "finished": not cut})


def test_failures_have_names_and_a_fixed_denominator(tmp_path: Path, suite: Suite, judge: Judge) -> None:
    arms = Arms(suite)
    arms.candidate = Counting({}, "candidate")
    mumbling = Mumbling({})

    class Pair:
        def close(self) -> None: ...

        def open(self, adapter: Path | None) -> Generator:
            return mumbling if adapter else arms.mainline

    facts: BenchmarkFacts = benchmark(tmp_path, inputs(suite), Pair(), judge)

    assert facts.scorecards[0].outcomes == {"no_module": 14, "truncated": 7}
    assert facts.scorecards[0].functional.samples == 21
    assert isinstance(facts.decision, Reject), "two thirds of the answers are finished, nine tenths must be"


class Deaf:
    """A server that speaks OpenAI's API, takes every adapter and answers as mainline whatever it is asked for."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._say({"data": [{"id": "m"}]})

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                text = answers.get(
                    asked.get("messages", [{}])[-1].get("content", ""), "module none; endmodule"
                )
                choice = {"message": {"content": f"{text} // {asked.get('seed')}"}, "finish_reason": "stop"}
                self._say({"choices": [choice], "usage": {"completion_tokens": 9}})

            def _say(self, said: object) -> None:
                data = json.dumps(said).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.mark.parametrize(
    ("adapters", "decided", "words"),
    [
        ("vllm", Reject, "it would answer as mainline"),  # its list of models does not name the adapter
        ("path", Hold, "all 21 answers are mainline's, letter for letter"),
    ],
)
def test_an_adapter_that_the_server_ignores_is_no_candidate_and_the_reason_is_told(
    tmp_path: Path, suite: Suite, judge: Judge, adapters: str, decided: type, words: str
) -> None:
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_model.safetensors").write_bytes(b"weights")
    (adapter / "adapter_config.json").write_text("{}")
    asked = inputs(suite)._replace(arms=(Arm("candidate", adapter), Arm("mainline")))
    with Deaf({one.spec: one.golden for one in suite.problems}) as server:
        settings = EndpointSettings.model_validate({"url": server.url, "model": "m", "adapters": adapters})
        facts = benchmark(tmp_path / "out", asked, EndpointGenerators(settings), judge)

    assert isinstance(facts.decision, decided)
    assert words in facts.decision.evidence.explanation


def test_the_stock_keeps_what_was_used_last(tmp_path: Path) -> None:
    stock, answers = tmp_path / "stock", tmp_path / "answers.jsonl"
    answers.write_text("{}\n")
    put_in_stock(stock, "mainline", answers)
    for number in range(60):
        put_in_stock(stock, f"night{number}", answers)
        take_from_stock(stock, "mainline", tmp_path / f"begun{number}.jsonl")

    assert (tmp_path / "begun59.jsonl").read_bytes() == answers.read_bytes()
    assert (stock / "night59.jsonl").exists()
    assert not (stock / "night0.jsonl").exists()
    assert len(list(stock.glob("*.jsonl"))) == 24
