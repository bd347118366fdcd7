"""Real answers of real models, really simulated into a `data/runs` tree, and a night run on it through curate.

    python benchmarks/real_runs.py --data DIR --workspace DIR [--model NAME] [--problems N]

DIR holds `verilogeval_v1_human.jsonl` (NVlabs/verilog-eval, release 1.0.0) and
`model_outputs_verilogeval_v1_human.jsonl.gz` (model, task_id, sample, completion). The reference pipeline
takes the recorded answers as its writers: sample 0 first, the next ones as remediation. Nothing is trained:
these are public benchmark problems.
"""

import argparse
import gzip
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ct_retrain import compose, disk
from ct_retrain.core.record import Tool
from ct_retrain.core.records.night import CollectFacts, CurateFacts, Manifest
from ct_retrain.core.records.problem import Completion, Prompt, Sampling
from ct_retrain.core.workspace import MANIFEST
from ct_retrain.nightly.run import Options, run_night
from ct_retrain.pipeline import Spec, Tools, run_pipeline
from ct_retrain.verilog.extract import find_rtl

NIGHT = "2026-01-01"


class Recorded:
    """A generator that answers with what a model once said."""

    def __init__(self, model: str, sample: int, answers: dict[tuple[str, int], str]) -> None:
        self._answers = answers
        self._sample = sample
        self.tool = Tool(name=model, version="recorded", detail=f"sample {sample}")

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        del sampling
        for prompt in prompts:
            text = self._answers.get((prompt.id, self._sample), "")
            yield Completion(prompt_id=prompt.id, index=0, text=text, finished=True, tokens=len(text))


def problems(data: Path, limit: int) -> list[dict[str, str]]:
    lines = (data / "verilogeval_v1_human.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines][: limit or None]


def answers(data: Path, model: str, headers: dict[str, str]) -> dict[tuple[str, int], str]:
    """(task, sample) → the module; an answer that is only a body gets the header it was asked with."""
    found: dict[tuple[str, int], str] = {}
    with gzip.open(data / "model_outputs_verilogeval_v1_human.jsonl.gz", "rt") as file:
        for row in map(json.loads, file):
            if row["model"] == model and row["task_id"] in headers:
                text = row["completion"]
                whole = text if find_rtl(text) else headers[row["task_id"]] + text
                found[row["task_id"], row["sample"]] = whole
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--model", default="gpt-4o")
    parser.add_argument("--problems", type=int, default=0, help="0: all 156")
    parser.add_argument("--samples", type=int, default=3, help="attempts a problem")
    asked = parser.parse_args()
    app = compose.build(disk.make_directory(asked.workspace))
    rows = problems(asked.data, asked.problems)
    said = answers(asked.data, asked.model, {row["task_id"]: row["prompt"] for row in rows})
    specs = [
        Spec(
            id=row["task_id"],
            description=f"{row['detail_description']}\n\n{row['prompt']}",
            testbench=row["test"],
        )
        for row in rows
    ]
    tools = Tools(
        writers=[Recorded(asked.model, sample, said) for sample in range(asked.samples)],
        simulator=app.ports.simulator,
        sampling=Sampling(samples=1, temperature=0.0, top_p=1.0, max_new_tokens=1, seed=0),
        workers=app.settings.judge.workers,
    )
    started = time.perf_counter()
    results = run_pipeline(specs, app.workspace.runs, asked.model, tools)
    passed = sum(result.passed for result in results)
    print(f"{asked.model}: {passed} of {len(results)} problems passed within {asked.samples} attempts")
    print(f"simulated and traced in {time.perf_counter() - started:.1f} s wall")
    run_night(app.workspace, app.settings, app.ports, Options(night=NIGHT, until="curate"))
    for stage in ("collect", "curate"):
        report(disk.read_record(app.workspace.stage(NIGHT, stage) / MANIFEST, Manifest))


def report(manifest: Manifest) -> None:
    seconds = (manifest.finished - manifest.started).total_seconds()
    match manifest.facts:
        case CollectFacts() as facts:
            print(
                f"collect: {facts.collected} passing runs of {facts.runs}, refused {facts.rejected}, {seconds:.1f} s"
            )
        case CurateFacts() as facts:
            print(
                f"curate: {facts.examples} examples, {facts.repairs} repairs, refused {facts.rejected}, {seconds:.1f} s"
            )
            print(f"categories: {facts.categories}")
        case _:
            pass


if __name__ == "__main__":
    main()
