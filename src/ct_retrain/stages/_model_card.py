"""Writes the pages of a release for people: the model card, and the licences of its training data."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ct_retrain.core.records.decision import Comparison, Decision
from ct_retrain.core.records.night import BenchmarkFacts, CurateFacts, TrainFacts
from ct_retrain.core.records.problem import Estimate, Scorecard, Suite

CARD = "README.md"
DATA = "DATA.md"
_SOURCES = {
    "delta": "verified examples that the pipeline's runs left",
    "repair": "failing attempts with their log and the answer that passed",
    "gold": "gold sets",
    "general": "general instruction data",
}
_UNKNOWN = "unknown"


class CardInputs(NamedTuple):
    """Data that the two pages are written from."""

    night: str
    base: str
    trained: TrainFacts
    curated: CurateFacts
    measured: BenchmarkFacts
    scorecard: Scorecard
    """That of the adapter."""
    suite: Suite
    decision: Decision
    forced: str


class _Form(NamedTuple):
    """What is said differently of an adapter and of a model that it was merged into."""

    library: str
    relation: str
    noun: str
    load: tuple[str, ...]
    """Python that loads it; {base} is the base."""
    tags: str


_ADAPTER = _Form(
    library="peft",
    relation="adapter",
    noun="adapter",
    load=(
        "from peft import PeftModel",
        "from transformers import AutoModelForCausalLM, AutoTokenizer",
        "",
        "base = AutoModelForCausalLM.from_pretrained({base!r})",
        "tokenizer = AutoTokenizer.from_pretrained({base!r})",
        'model = PeftModel.from_pretrained(base, "PATH/OF/THIS/DIRECTORY")',
    ),
    tags="[rtl, verilog, lora, ct-retrain]",
)
_MERGED = _Form(
    library="transformers",
    relation="finetune",
    noun="model",
    load=(
        "from transformers import AutoModelForCausalLM, AutoTokenizer",
        "",
        'model = AutoModelForCausalLM.from_pretrained("PATH/OF/THIS/DIRECTORY")',
        'tokenizer = AutoTokenizer.from_pretrained("PATH/OF/THIS/DIRECTORY")',
    ),
    tags="[rtl, verilog, ct-retrain]",
)


def model_card(facts: CardInputs) -> str:
    """Return `README.md`: what the release is, its training data and results, why it is published, how to load it."""
    return "\n".join(
        (*_card(facts, _ADAPTER), "`release.json` names every file of this directory with its sha256.", "")
    )


def merged_card(facts: CardInputs) -> str:
    """Return `README.md` of mainline with the adapter merged into it; the figures are those of the adapter."""
    return "\n".join(_card(facts, _MERGED))


def data_card(facts: CardInputs) -> str:
    """Return `DATA.md`: the licences that the data names, with row counts, and where the licence is unknown."""
    return "\n".join(_data(facts))


def _card(facts: CardInputs, form: _Form) -> Iterator[str]:
    trained, forced = facts.trained, facts.forced
    yield from ("---", *_front_matter(facts, form), "---", "")
    yield from (f"# Night {facts.night}: an RTL-writing {form.noun} on {facts.base}", "")
    yield "A LoRA adapter that ct-retrain trained from mainline on simulation-verified RTL and measured the same night."
    if form is _MERGED:
        yield "Here it is merged into mainline's weights; the figures are those of the adapter beside them."
    first, *more = facts.decision.evidence.explanation.splitlines() or [""]
    yield from (
        "",
        f"## What the gate decided: {facts.decision.kind}",
        "",
        first,
        "",
        *(f"- {line.strip()}" for line in more),
    )
    if forced:
        yield from ("", f"A person published it against this decision ({facts.decision.kind}): {forced}")
    yield from ("", "## How it was measured", "", *_measured(facts), "", *_compared(facts.decision), "")
    yield from ("## What it was trained on", "", "| source | rows | what it is |", "|---|---|---|")
    yield from (
        f"| {name} | {count} | {_SOURCES.get(name, name)} |" for name, count in sorted(trained.rows.items())
    )
    yield ""
    yield f"The dataset holds {facts.curated.examples} verified examples, {facts.curated.new} of them new, in these categories: {_counts(facts.curated.categories)}."
    knobs = trained.hyperparameters
    planned = trained.fit.schedule
    read = f", in which each harvested row was read {planned.passes:.3g} times" if planned else ""
    yield f"{trained.fit.steps} steps{read}, LoRA rank {knobs.rank}, alpha {knobs.alpha}, learning rate {knobs.learning_rate:g}, seed {knobs.seed}."
    yield from (f"What the data may be used for: [{DATA}]({DATA}).", "", *_use(facts.base, form))


def _front_matter(facts: CardInputs, form: _Form) -> Iterator[str]:
    """Yield the metadata that the Hugging Face hub reads; values are written as JSON, which is also YAML."""
    if _HUB_NAME.fullmatch(facts.base):
        yield from (f"base_model: {json.dumps(facts.base)}", f"base_model_relation: {form.relation}")
    yield from (f"library_name: {form.library}", "pipeline_tag: text-generation", f"tags: {form.tags}")
    card = facts.scorecard
    suite = facts.suite.name
    shares = [(f"pass@{k}", one) for k, one in card.pass_at_k.items()]
    shares += [(f"pass@1, {name}", one) for name, one in card.categories.items()]
    results = {
        "task": {"type": "text-generation", "name": "Verilog from a specification"},
        "dataset": {"type": suite, "name": suite, "args": {"digest": card.suite_digest}},
        "metrics": [
            {
                "type": name.partition(",")[0],
                "name": name,
                "value": round(one.value, 4),
                "args": {
                    "interval": [round(one.low, 4), round(one.high, 4)],
                    "samples": card.sampling.samples,
                },
            }
            for name, one in shares
        ],
    }
    yield f"model-index: {json.dumps([{'name': f'nightly_{facts.night}', 'results': [results]}])}"


_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
"""Matches a model's name on the hub, which a card can link to, unlike a local directory."""


def _measured(facts: CardInputs) -> Iterator[str]:
    cards = facts.measured.scorecards
    first = cards[0]
    yield f"Suite `{facts.suite.name}`: {len(first.passes)} problems × {first.sampling.samples} answers at temperature {first.sampling.temperature:g}; pass@1 with its interval."
    yield ""
    yield f"| |{'|'.join(f' {card.arm} ' for card in cards)}|"
    yield f"|---|{'---|' * len(cards)}"
    yield f"| all |{_row([card.functional for card in cards])}|"
    for name in first.categories:
        yield f"| {name} |{_row([card.categories[name] for card in cards])}|"
    yield f"| compiles |{_shares(cards)}|"


def _row(shares: Sequence[Estimate]) -> str:
    return "|".join(f" {one.value:.1%} ({one.low:.1%} to {one.high:.1%}) " for one in shares)


def _shares(cards: Sequence[Scorecard]) -> str:
    return "|".join(f" {card.compile_rate:.1%} " for card in cards)


def _compared(decision: Decision) -> Iterator[str]:
    for one in decision.evidence.comparisons:
        yield f"- against {one.incumbent}: {_difference(one)}"


def _difference(one: Comparison) -> str:
    ends = f"{one.low * 100:+.1f} to {one.high * 100:+.1f}"
    return f"{one.difference * 100:+.1f} points, {one.confidence * 100:.3g}% interval {ends}, p = {one.p_value:.3g}"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def _use(base: str, form: _Form) -> Iterator[str]:
    yield from ("## How to load it", "", "```python", *(line.format(base=base) for line in form.load), "```")
    yield from ("", "## What it is for, and what it is not", "")
    yield "It drafts synthesizable Verilog for a pipeline that simulates every answer."
    yield "Its figures are of one suite and one way of asking; other prompts, languages and larger designs were not measured."
    yield "An answer that it gives is a draft: simulate it, and review it, before anything is built from it."
    yield f"The licence of {base} binds whoever uses it."
    yield ""


def _data(facts: CardInputs) -> Iterator[str]:
    trained = facts.trained
    yield from (f"# The data behind night {facts.night}", "")
    yield "Licences as the data itself names them. They were not verified; `unknown` means that the data names none."
    yield from ("", "## Trained on", "", "| source | licence | rows |", "|---|---|---|")
    for source, count in sorted(trained.rows.items()):
        named = trained.licences.get(source) or {_UNKNOWN: count}
        for licence, rows in sorted(named.items()):
            yield f"| {_SOURCES.get(source, source)} | {licence.replace('|', '/')} | {rows} |"
    yield ""
    yield "What the pipeline's runs left belongs to whoever ran the pipeline: a trace names no licence."
    yield "A gold line names one under `licence` or `license`, itself or in its `metadata`."
    yield from (
        "",
        "## Measured on, and not trained on",
        "",
        "| suite | licence | problems |",
        "|---|---|---|",
    )
    asked = [one.licence for one in facts.suite.problems if one.id in facts.measured.scorecards[0].passes]
    for licence in sorted(set(asked)):
        yield f"| {facts.suite.name} | {licence.replace('|', '/')} | {asked.count(licence)} |"
    yield ""
