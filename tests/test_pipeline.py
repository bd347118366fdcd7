"""The reference pipeline, with a real judge: what it traces is what a night collects."""

import json
from pathlib import Path

import pytest

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.errors import UsageError
from ct_retrain.core.records.problem import Sampling
from ct_retrain.judge.judge import Judge
from ct_retrain.pipeline import Spec, Tools, load_specs, run_pipeline
from tests.fakes import Scripted
from tests.small_workspace import bench, golden, spec, wrong

SAMPLING = Sampling(samples=1, temperature=0.0, top_p=1.0, max_new_tokens=64, seed=0)


def specs(*widths: int) -> list[Spec]:
    return [Spec(id=f"inv{width}", description=spec(width), testbench=bench(width)) for width in widths]


def tools(*writers: Scripted) -> Tools:
    return Tools(writers, Judge(JudgeSettings()), SAMPLING, 2)


def stages(directory: Path) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in (directory / "trace.jsonl").read_text().splitlines()]
    return [(line["stage"], line["payload"]["status"]) for line in lines]


def test_a_spec_goes_through_every_stage_and_is_repaired(tmp_path: Path) -> None:
    first = Scripted({spec(4): wrong(4)}, "first")

    class Repairer(Scripted):
        """Answers repair prompts, which carry the failing attempt and the simulator's words."""

        def generate(self, prompts, sampling):
            assert all(
                "This attempt fails" in prompt.text and "mismatch" in prompt.text for prompt in prompts
            )
            return Scripted(
                {prompt.text: f"Sure!\n```verilog\n{golden(4)}```" for prompt in prompts}
            ).generate(prompts, sampling)

    [result] = run_pipeline(specs(4), tmp_path, "r", tools(first, Repairer({})))

    assert (result.passed, result.attempts) == (True, 2)
    assert [stage for stage in stages(tmp_path / "r-inv4") if stage[0] == "Simulation"] == [
        ("Simulation", "fail"),
        ("Simulation", "pass"),
    ]
    assert stages(tmp_path / "r-inv4")[0] == ("Spec", "pass")
    assert stages(tmp_path / "r-inv4")[-1] == ("Report", "pass")
    assert ("Remediation", "pass") in stages(tmp_path / "r-inv4")


def test_what_no_writer_can_write_fails_and_is_traced_as_such(tmp_path: Path) -> None:
    results = run_pipeline(specs(2, 3), tmp_path, "r", tools(Scripted({spec(2): golden(2)})))

    assert {result.spec: result.passed for result in results} == {"inv2": True, "inv3": False}
    assert stages(tmp_path / "r-inv3")[-1] == ("Report", "fail")


def test_an_answer_without_a_module_never_passes(tmp_path: Path) -> None:
    [result] = run_pipeline(specs(2), tmp_path, "r", tools(Scripted({spec(2): "I cannot do that."})))

    assert not result.passed


def test_a_bad_spec_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "specs.jsonl"
    path.write_text(specs(2)[0].model_dump_json() + '\n{"id": "x"}\n')
    with pytest.raises(UsageError, match=r"specs\.jsonl:2"):
        load_specs(path)
    with pytest.raises(UsageError, match="neither"):
        load_specs(tmp_path / "nowhere")


def test_specs_come_from_a_file_or_a_directory(tmp_path: Path) -> None:
    for one in specs(2, 3):
        (tmp_path / f"{one.id}.json").write_text(one.model_dump_json())

    assert load_specs(tmp_path) == specs(2, 3)
