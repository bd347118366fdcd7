"""A judge made from its description in another process answers alike, or not at all."""

import multiprocessing
import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest
from tests.small_workspace import bench, golden, wrong

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import canonical_json
from ct_retrain.core.records.verdict import Design
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.spec import JudgeSpec, judge_of

DESIGNS = [
    Design(rtl=rtl, testbench=bench(4))
    for rtl in (
        golden(4),
        wrong(4),
        "module counter4(",
        golden(4).replace("endmodule", "initial $finish; endmodule"),
    )
]


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(JudgeSettings(cpu_seconds=7, log_chars=300)) as judge:
        yield judge


def _records(pickled: bytes, designs: list[Design]) -> tuple[list[str], int]:
    """Verdicts as they are written, from the judge of the process this runs in, and how many judges it made."""
    judges = [judge_of(pickle.loads(pickled)) for _ in designs]
    return [canonical_json(judge.check(design)) for judge, design in zip(judges, designs, strict=True)], len(
        {id(judge) for judge in judges}
    )


def test_another_process_gives_the_same_records_from_one_judge(judge: Judge) -> None:
    pickled = pickle.dumps(JudgeSpec.of(judge))
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        there, judges = pool.submit(_records, pickled, DESIGNS).result()

    assert there == [canonical_json(judge.check(design)) for design in DESIGNS]
    assert len({judge.check(design).outcome for design in DESIGNS}) == 4
    assert judges == 1


def test_the_description_is_json_too(judge: Judge) -> None:
    spec = JudgeSpec.of(judge)

    assert JudgeSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize("field", ["tool", "proving"])
def test_a_judge_with_other_tools_is_refused(judge: Judge, field: str) -> None:
    spec = JudgeSpec.of(judge)
    other = {"tool": spec.tool.model_copy(update={"version": "99.0"}), "proving": "z3 99.0"}[field]

    with pytest.raises(ToolError, match=r"install the same tools\. Wanted: .*99\.0.* Found: "):
        judge_of(spec.model_copy(update={field: other}))
