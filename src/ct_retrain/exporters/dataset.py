"""Write a night's curated dataset as a dataset of the Hugging Face hub: its files, and a card that declares them."""

import json
from collections.abc import Iterator
from pathlib import Path

from ct_retrain import disk
from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.core.records.night import CurateFacts

CARD = "README.md"
FILES = {
    "dataset.jsonl": "a specification, the design that passed, and the testbench that said so",
    "repairs.jsonl": "a failing design with its log, and the answer that passed",
    "preferences.jsonl": "a verified and a wrong answer to one specification",
}
"""File of the curate stage → what a line of it is; each is a configuration of the hub's dataset, the first the default."""


def write_dataset(night: str, facts: CurateFacts, curated: Path, out: Path) -> int:
    """Write into the directory *out* the examples in *curated*, the directory of the night's curate stage.

    Return their number. Raise UsageError if there is none, CorruptStateError if they are not those of the night.
    """
    source = curated / next(iter(FILES))
    if not facts.examples:
        raise UsageError(f"night {night} holds no verified example")
    if disk.sha256_of(source) != facts.dataset_sha256:
        raise CorruptStateError(f"{source} is not what night {night} curated: restore it from the snapshot")
    names = [name for name in FILES if (curated / name).is_file() and (curated / name).stat().st_size]
    for name in names:
        disk.write_chunks(out / name, disk.chunks_of(curated / name))
    disk.write_text(out / CARD, "\n".join((*_front_matter(night, names), *_text(night, facts, names))))
    return facts.examples


def _front_matter(night: str, names: list[str]) -> Iterator[str]:
    """Yield the metadata that the hub and `datasets` read; values are written as JSON, which is also YAML."""
    configs = [
        {"config_name": Path(name).stem, "data_files": name, "default": name == names[0]} for name in names
    ]
    yield from (
        "---",
        f"pretty_name: {json.dumps(f'Simulation-verified RTL, night {night}')}",
        "license: unknown",
    )
    yield from ("task_categories: [text-generation]", "tags: [rtl, verilog, ct-retrain]")
    yield from (f"configs: {json.dumps(configs)}", "---", "")


def _text(night: str, facts: CurateFacts, names: list[str]) -> Iterator[str]:
    yield from (f"# Simulation-verified RTL, night {night}", "")
    yield f"{facts.examples} examples from a pipeline's runs, each passed by a second simulation, {facts.new} of them new that night."
    yield from ("", "| configuration | a line is |", "|---|---|")
    yield from (f"| `{Path(name).stem}` | {FILES[name]} |" for name in names)
    yield from ("", "| category | examples |", "|---|---|")
    yield from (f"| {name} | {count} |" for name, count in sorted(facts.categories.items()))
    yield from (
        "",
        "An example passed its own testbench in ct-retrain's judge; `metadata.credibility` says how many wrong designs that testbench detects, `metadata.formal` what was proved.",
    )
    yield "A pass is evidence of what its testbench checks, and of nothing else."
    yield "The texts belong to whoever ran the pipeline; a trace names no licence."
    yield from (f"`dataset.jsonl` has the sha256 `{facts.dataset_sha256}`.", "")
