"""Each format, as its own library writes it, becomes runs that collect and curate take; what cannot be is counted."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.importers_material import FAILED, PASSED, call, messages, result
from tests.small_workspace import bench, golden, spec, wrong

from ct_retrain.cli import call as run
from ct_retrain.cli.export import FORMS
from ct_retrain.cli.importing import KINDS
from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import Rejected
from ct_retrain.exporters import answers
from ct_retrain.importers import chat, inspect_log, kinds, langfuse
from ct_retrain.importers.attempt import ImportedAttempt
from ct_retrain.importers.runs import write_runs
from ct_retrain.trace import TraceWriter

WIDTH = 4
NO_INSPECT = (
    "inspect-ai is not installed: pip install 'ct-retrain[inspect]', best into an environment of its own"
)


def _lines(path: Path, *objects: object) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in objects))
    return path


def as_chat(path: Path) -> Path:
    return _lines(
        path / "log.jsonl",
        {"id": "one", "model": "coder-7b", "created": 1767225600, "messages": messages(WIDTH)},
    )


def as_request(path: Path) -> Path:
    """A request and its response, as proxies log them; the last message is the response's."""
    *asked, answer = messages(WIDTH)
    response = {"id": "one", "model": "coder-7b", "created": 1767225600, "choices": [{"message": answer}]}
    return _lines(
        path / "log.jsonl", {"request": {"messages": asked, "model": "coder"}, "response": response}
    )


def as_langfuse(path: Path) -> Path:
    """A page of GET /api/public/traces/ID."""
    *asked, answer = messages(WIDTH)
    generation = {
        "id": "g", "traceId": "one", "type": "GENERATION", "name": "llm", "startTime": "2026-01-01T00:00:02.000Z",
        "model": "coder-7b", "input": {"messages": asked}, "output": answer, "metadata": {}, "level": "DEFAULT",
    }  # fmt: skip
    first = {
        **generation,
        "id": "f",
        "startTime": "2026-01-01T00:00:01.000Z",
        "input": {"messages": asked[:2]},
    }
    trace = {
        "id": "one", "timestamp": "2026-01-01T00:00:00.000Z", "name": "agent", "input": None, "output": None,
        "tags": [], "observations": [generation, first],
    }  # fmt: skip
    (path / "export.json").write_text(json.dumps({"data": [trace], "meta": {"page": 1}}))
    return path / "export.json"


def as_mlflow(path: Path) -> Path:
    """What MLflow itself records: a model's span that asked, and spans of the tools that it called."""
    mlflow = pytest.importorskip("mlflow")
    mlflow.set_tracking_uri(f"sqlite:///{path}/mlflow.db")
    agents = mlflow.create_experiment("agents", artifact_location=(path / "artifacts").as_uri())
    mlflow.set_experiment(experiment_id=agents)
    with mlflow.start_span("agent", span_type="AGENT"):
        with mlflow.start_span("llm", span_type="CHAT_MODEL") as span:
            span.set_inputs({"model": "coder-7b", "messages": messages(WIDTH)[:2]})
            span.set_outputs({"choices": [{"message": {"role": "assistant", "content": "I use tools."}}]})
        for one, told in zip(messages(WIDTH)[2:-1:2], messages(WIDTH)[3:-1:2], strict=True):
            function = one["tool_calls"][0]["function"]
            with mlflow.start_span(function["name"], span_type="TOOL") as span:
                span.set_inputs(json.loads(function["arguments"]))
                span.set_outputs(told["content"])
    trace = mlflow.get_trace(mlflow.get_last_active_trace_id(), flush=True)
    (path / "trace.json").write_text(trace.to_json())
    return path / "trace.json"


def as_inspect(path: Path) -> Path:
    """What inspect_ai writes of an evaluation."""
    log = pytest.importorskip("inspect_ai.log", reason=NO_INSPECT)
    said = [_inspect(one) for one in messages(WIDTH)]
    sample = {"id": "one", "epoch": 1, "input": spec(WIDTH), "target": "", "messages": said}
    log.write_eval_log(_log(log, sample), str(path / "log.eval"))
    return path / "log.eval"


def _log(library: Any, *samples: dict[str, Any]) -> Any:
    told = {
        "version": 2, "status": "success", "samples": list(samples),
        "eval": {
            "created": "2026-01-01T00:00:00+00:00", "task": "rtl", "run_id": "r1", "task_id": "t", "eval_id": "e",
            "dataset": {}, "model": "coder-7b", "config": {},
        },
    }  # fmt: skip
    return library.EvalLog.model_validate(told)


def _inspect(message: dict[str, Any]) -> dict[str, Any]:
    """*message* as inspect_ai spells it."""
    told = {**message, "content": message["content"] or ""}
    if "tool_calls" in told:
        (one,) = told.pop("tool_calls")
        arguments = json.loads(one["function"]["arguments"])
        told["tool_calls"] = [{"id": one["id"], "function": one["function"]["name"], "arguments": arguments}]
    return told


FORMATS: dict[str, Callable[[Path], Path]] = {
    "chat": as_chat,
    "chat-request": as_request,
    "langfuse": as_langfuse,
    "mlflow": as_mlflow,
    "inspect": as_inspect,
}


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
@pytest.mark.parametrize("name", FORMATS)
def test_a_record_becomes_a_run_that_a_night_takes(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = FORMATS[name](tmp_path)
    kind, home = name.partition("-")[0], tmp_path / "lane"
    home.mkdir()

    assert run(["-C", str(home), "import", kind, str(path), "--into", "runs"]) == 0
    assert "1 runs with 2 simulations, 1 of them said to have passed" in capsys.readouterr().out

    (trace,) = home.glob("runs/*/trace.jsonl")
    first, second = (json.loads(line)["payload"] for line in trace.read_text().splitlines())
    assert (first["status"], second["status"], second["source"]) == ("fail", "pass", f"import {kind}")
    assert second["generator"] == "coder-7b"
    assert (trace.parent / first["rtl_file"]).read_text().strip() == wrong(WIDTH).strip()
    assert (trace.parent / second["rtl_file"]).read_text().strip() == golden(WIDTH).strip()
    assert (trace.parent / second["testbench_file"]).read_text() == bench(WIDTH)
    assert (trace.parent / second["spec_path"]).read_text() == spec(WIDTH)
    assert FAILED in (trace.parent / first["simulation_log"]).read_text()

    quick = ["-s", "curate.mutants=0", "-s", "judge.second_opinion=false"]
    assert run(["-C", str(home), *quick, "harvest", "check", str(home / "runs"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["examples"], found["repairs"]) == (1, 1)


def test_what_is_imported_is_not_imported_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["-C", str(tmp_path), "import", "chat", str(as_chat(tmp_path))]
    assert run(arguments) == 0
    before = sorted(tmp_path.rglob("*"))

    assert run([*arguments, "--json"]) == 3
    (refused,) = json.loads(capsys.readouterr().out.partition("\n")[2])["rejected"]
    assert refused["reason"] == "already_imported"
    assert sorted(tmp_path.rglob("*")) == before


SILENT = [*messages(WIDTH)[:6], call(6, "simulate"), result(6, "VCD info: dumpfile opened")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"messages": [{"role": "user", "content": "x"}]}', "no_simulation"),
        (json.dumps({"messages": SILENT}), "no_verdict"),
        (json.dumps({"messages": [*messages(WIDTH)[:4], *messages(WIDTH)[6:8]]}), "no_rtl"),
        (json.dumps({"messages": [*messages(WIDTH)[:2], *messages(WIDTH)[4:8]]}), "no_testbench"),
        (json.dumps({"messages": messages(WIDTH)[2:]}), "no_spec"),
        ('{"text": "no messages"}', "no_messages"),
        ("[1]", "not_an_object"),
        ('{"messages": [', "malformed_json"),
    ],
)
def test_what_is_no_simulation_is_refused_with_its_reason(line: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(f"{line}\n{json.dumps({'id': 'good', 'messages': messages(WIDTH)})}\n")

    found = list(chat.attempts(path))

    assert [one.reason for one in found if isinstance(one, Rejected)] == [reason]
    assert [one.status for one in found if isinstance(one, ImportedAttempt)] == ["fail", "pass"]


def test_a_heredoc_is_a_file_and_a_file_written_again_replaces_the_earlier(tmp_path: Path) -> None:
    def wrote(number: int, text: str) -> list[dict[str, Any]]:
        return [call(number, "bash", command=f"cat > dut.v <<'EOF'\n{text}\nEOF"), result(number, "")]

    told = [*messages(WIDTH)[:4], *wrote(8, wrong(WIDTH)), *wrote(9, golden(WIDTH)), *messages(WIDTH)[10:12]]
    (found,) = chat.attempts(_lines(tmp_path / "log.jsonl", {"messages": told}))

    assert isinstance(found, ImportedAttempt)
    assert found.rtl.strip() == golden(WIDTH).strip()


def test_a_call_with_a_name_and_both_texts_hands_over_both(tmp_path: Path) -> None:
    told = [
        *messages(WIDTH)[:2],
        call(1, "simulate", name="top", rtl=golden(WIDTH), testbench=bench(WIDTH)),
        result(1, PASSED),
    ]
    (found,) = chat.attempts(_lines(tmp_path / "log.jsonl", {"messages": told}))

    assert isinstance(found, ImportedAttempt)
    assert (found.rtl.strip(), found.testbench) == (golden(WIDTH).strip(), bench(WIDTH))


def test_files_of_one_name_are_runs_of_their_own(tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / "logs" / place).mkdir(parents=True)
        _lines(tmp_path / "logs" / place / "log.jsonl", {"messages": messages(WIDTH)})
    imported = write_runs(chat.attempts(tmp_path / "logs"), tmp_path / "runs", "chat")

    assert (imported.runs, imported.simulations, imported.rejected) == (2, 4, ())


@pytest.mark.parametrize("made", [1735689600000, float("nan"), "yesterday", None, True])
def test_a_time_that_is_none_costs_nothing_but_the_time(made: object, tmp_path: Path) -> None:
    found = list(
        chat.attempts(_lines(tmp_path / "log.jsonl", {"messages": messages(WIDTH), "created": made}))
    )

    assert len([one for one in found if isinstance(one, ImportedAttempt)]) == 2


def test_half_a_surrogate_pair_is_written_as_a_question_mark(tmp_path: Path) -> None:
    told = [*messages(WIDTH)[:6], call(3, "simulate"), result(3, "\ud800 TEST PASSED")]
    imported = write_runs(
        chat.attempts(_lines(tmp_path / "log.jsonl", {"messages": told})), tmp_path / "runs", "chat"
    )
    (log,) = tmp_path.rglob("sim.log")

    assert imported.simulations == 1
    assert log.read_text() == "? TEST PASSED"


def test_a_run_is_there_only_once_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _lines(tmp_path / "log.jsonl", {"messages": messages(WIDTH)})
    stage = TraceWriter.stage

    def dies(self: TraceWriter, name: str, /, **payload: object) -> None:
        if "sim_2" in str(payload["rtl_file"]):
            raise KeyboardInterrupt
        stage(self, name, **payload)

    with monkeypatch.context() as patch:
        patch.setattr(TraceWriter, "stage", dies)
        with pytest.raises(KeyboardInterrupt):
            write_runs(chat.attempts(source), tmp_path / "runs", "chat")
    assert list((tmp_path / "runs").iterdir()) == []

    assert write_runs(chat.attempts(source), tmp_path / "runs", "chat").simulations == 2


@pytest.mark.skipif(not Path("/sys").is_dir(), reason="there is no directory in which nobody may write")
def test_a_directory_of_runs_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    source = _lines(tmp_path / "log.jsonl", {"messages": messages(WIDTH)})
    with pytest.raises(ToolError, match=r"^cannot write /sys/.*then run again$"):
        write_runs(chat.attempts(source), Path("/sys"), "chat")


def test_a_testbench_of_assertions_passes_by_its_silence(tmp_path: Path) -> None:
    def told(check: str, said: str) -> dict[str, Any]:
        files = {"rtl": golden(WIDTH), "testbench": bench(WIDTH).replace("$finish;", f"{check} $finish;")}
        ran = {"exit_code": 0, "stdout": said, "stderr": ""}
        asked = {"role": "user", "content": spec(WIDTH)}
        return {"messages": [asked, call(1, "simulate", **files), result(1, json.dumps(ran))]}

    speaks = "assert (errors == 0) else $error(1);"
    source = _lines(
        tmp_path / "log.jsonl",
        told(speaks, "done"),
        told(speaks, "ERROR: tb.v:2: 1"),
        told("", "done"),
    )
    found = list(chat.attempts(source))

    assert [one.status if isinstance(one, ImportedAttempt) else one.reason for one in found] == [
        "pass", "fail", "no_verdict",
    ]  # fmt: skip


def test_what_a_model_was_given_as_a_text_is_the_question(tmp_path: Path) -> None:
    generation = {"type": "GENERATION", "input": spec(WIDTH), "output": "", "startTime": "1"}
    tool = {
        "type": "TOOL",
        "name": "simulate",
        "input": {"rtl": golden(WIDTH), "testbench": bench(WIDTH)},
        "output": PASSED,
        "startTime": "2",
    }
    (found,) = langfuse.attempts(
        _lines(tmp_path / "export.jsonl", {"id": "t", "observations": [generation, tool]})
    )

    assert isinstance(found, ImportedAttempt)
    assert found.spec == spec(WIDTH)


def test_the_commands_know_every_format() -> None:
    assert {*KINDS} == {*kinds.FORMATS, kinds.BUILDS}
    assert {*FORMS} == {*answers.FORMS}


def test_a_langfuse_trace_without_observations_says_how_to_export_them(tmp_path: Path) -> None:
    (found,) = langfuse.attempts(_lines(tmp_path / "export.jsonl", {"id": "t", "observations": ["o1"]}))

    assert isinstance(found, Rejected)
    assert (found.subject, found.reason) == ("t", "no_observations")


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    assert run(["-C", str(tmp_path), "import", "chat", str(tmp_path / "none")]) == 2


def test_what_a_scorer_judged_is_an_attempt_with_the_testbench_of_its_metadata(tmp_path: Path) -> None:
    log = pytest.importorskip("inspect_ai.log", reason=NO_INSPECT)
    answer = {"role": "assistant", "content": f"```verilog\n{golden(WIDTH)}```"}
    asked = {"role": "user", "content": spec(WIDTH)}
    sample = {
        "epoch": 1,
        "input": spec(WIDTH),
        "target": "",
        "messages": [asked, answer],
        "metadata": {"tb": bench(WIDTH), "golden": "module other; endmodule"},
    }
    right = {**sample, "id": "right", "scores": {"simulated": {"value": "C", "explanation": "all 16 agree"}}}
    unsure = {**sample, "id": "unsure", "scores": {"a": {"value": "C"}, "b": {"value": 0.5}}}
    log.write_eval_log(_log(log, right, unsure), str(tmp_path / "log.json"))

    taken, refused = inspect_log.attempts(tmp_path)

    assert isinstance(taken, ImportedAttempt)
    assert (taken.status, taken.log, taken.rtl.strip()) == ("pass", "all 16 agree", golden(WIDTH).strip())
    assert taken.testbench == bench(WIDTH)
    assert isinstance(refused, Rejected)
    assert refused.reason == "no_simulation"


def test_a_file_that_inspect_cannot_read_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("inspect_ai.log", reason=NO_INSPECT)
    (tmp_path / "torn.eval").write_bytes(b"PK torn")

    (found,) = inspect_log.attempts(tmp_path)

    assert isinstance(found, Rejected)
    assert (found.subject, found.reason) == ("torn.eval", "unreadable")
