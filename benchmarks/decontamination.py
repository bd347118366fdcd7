"""How many planted benchmark problems decontamination finds in a gold set, by kind, and how many clean rows it refuses.

    python benchmarks/decontamination.py --data DIR [--seed N] [--missed]

DIR holds `verilogeval_v2_spec_to_rtl.jsonl` and `rtllm_v2.jsonl`. Every problem of both suites is planted in every
way of `_leaks.py`, with its question and with a neutral question (the answer alone), and both suites and the built-in
one are protected. False alarms are counted on one suite while the other is protected, and on the demo's spec bank. The
word 8-gram rule of language-model sets stands beside it: a row is refused where its question shares 8 words in a
row with any protected question. CPU seconds are this process's: simulations and proofs run in others.
"""

import argparse
import json
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _leaks import COPIES, QUESTIONS, REWRITTEN, plants
from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.certificate import DecontaminationSettings
from ct_retrain.core.records.problem import Problem, Suite
from ct_retrain.decontamination.behaviour import BehaviourTools
from ct_retrain.decontamination.comparer import ComparedRows, Comparer
from ct_retrain.decontamination.design import read_rtl
from ct_retrain.decontamination.protection import Protection
from ct_retrain.decontamination.texts import Candidate
from ct_retrain.demo.families import mastered_families, missing_families, sample
from ct_retrain.judge.judge import Judge
from ct_retrain.suites.load import load_suite
from ct_retrain.verilog.fingerprint import canonical

NEUTRAL = "Write the next module of our library."
SAME_DESIGN = {"copied_rtl", "renamed_rtl", "reordered_rtl", "equivalent_rtl"}


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def laid_out(data: Path, root: Path) -> tuple[Suite, Suite]:
    """Both suites, written in the layout in which they are published and read by the product."""
    first = root / "dataset_spec-to-rtl"
    first.mkdir()
    for row in rows(data / "verilogeval_v2_spec_to_rtl.jsonl"):
        for field, ending in (("prompt", "prompt.txt"), ("ref", "ref.sv"), ("test", "test.sv")):
            (first / f"{row['id']}_{ending}").write_text(row[field])
    second = root / "rtllm"
    for row in rows(data / "rtllm_v2.jsonl"):
        home = second / row["category"].rpartition("/")[0] / row["id"]
        home.mkdir(parents=True)
        (home / "design_description.txt").write_text(row["prompt"])
        (home / "testbench.v").write_text(row["test"])
        golden = re.sub(rf"\b{row['top']}\b", f"verified_{row['top']}", row["ref"])
        (home / f"verified_{row['id']}.v").write_text(golden)
    return load_suite(str(first), root), load_suite(str(second), root)


def grams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[at : at + 8]) for at in range(len(words) - 7)}


class Rule8:
    """The usual rule."""

    def __init__(self, suites: Sequence[Suite]) -> None:
        self._known = {gram for suite in suites for one in suite.problems for gram in grams(one.spec)}

    def flags(self, question: str) -> bool:
        return not grams(question).isdisjoint(self._known)


def measure(name: str, candidates: list[Candidate], comparer: Comparer, rule: Rule8) -> ComparedRows:
    """Print one line; recall or false alarms, whichever *candidates* are."""
    began = time.process_time()
    found = comparer.compare(candidates)
    count = len(candidates) or 1
    grammed = sum(rule.flags(one.question) for one in candidates)
    rules = Counter(match.rule.value for match in found.matches.values())
    print(
        f"{name:42} {len(candidates):5} {len(found.matches) / count:8.1%} {grammed / count:8.1%} "
        f"{time.process_time() - began:6.1f}  {', '.join(f'{rule} {times}' for rule, times in rules.most_common())}",
        flush=True,
    )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("public-problems"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--missed", action="store_true", help="name the plants that were not found")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        Judge(JudgeSettings(), Path(scratch) / "verdicts") as judge,
    ):
        first, second = laid_out(chosen.data.resolve(), Path(scratch))
        built_in = load_suite("behavioural", Path(scratch))
        laboratory = BehaviourTools(judge, judge.prover.same)

        def against(*suites: Suite) -> Comparer:
            return Protection(suites, DecontaminationSettings(), laboratory).comparer()

        print(f"{'':42} {'rows':>5} {'found':>8} {'8-gram':>8} {'cpu s':>6}  by rule")
        everything, rule = against(first, second, built_in), Rule8((first, second, built_in))
        recall(chosen, (*first.problems, *second.problems), everything, rule)
        print("\nfalse alarms")
        for suite, other in ((second, first), (first, second)):
            candidates = [Candidate(one.question, one.golden, "gold", one.id) for one in suite.problems]
            measure(f"{suite.name}, {other.name} protected", candidates, against(other), Rule8((other,)))
        bank((first, second, built_in), everything, rule, chosen.seed)


def recall(chosen: argparse.Namespace, problems: Sequence[Problem], comparer: Comparer, rule: Rule8) -> None:
    trivial = {one.id for one in problems if (rtl := read_rtl(one.golden)) and rtl.trivial}
    groups = (("copies and renamings", COPIES), ("rewritten", REWRITTEN), ("question alone", QUESTIONS))
    for title, kinds in groups:
        print(f"\n{title}")
        total = hits = 0
        for name, kind in kinds.items():
            made = list(plants(kind, problems, chosen.seed))
            candidates = [Candidate(plant.question, plant.answer, "gold", one) for one, plant in made]
            found = measure(name, candidates, comparer, rule)
            total, hits = total + len(candidates), hits + len(found.matches)
            if chosen.missed:
                print("   ", [one.subject for at, one in enumerate(candidates) if at not in found.matches])
        print(f"{'all':42} {total:5} {hits / total:8.1%}")
    print("\nanswer alone, under a neutral question; trivial goldens left out")
    for name, kind in {**COPIES, **REWRITTEN}.items():
        if "paraphrased" in name or "translated" in name:
            continue
        made = [pair for pair in plants(kind, problems, chosen.seed) if pair[0] not in trivial]
        measure(name, [Candidate(NEUTRAL, plant.answer, "gold", one) for one, plant in made], comparer, rule)
    made = [pair for pair in plants(COPIES["copied"], problems, chosen.seed) if pair[0] in trivial]
    answers = [Candidate(NEUTRAL, plant.answer, "gold", one) for one, plant in made]
    measure("copied trivial goldens", answers, comparer, rule)


def bank(everything: tuple[Suite, ...], comparer: Comparer, rule: Rule8, seed: int) -> None:
    chance = random.Random(seed)
    families = (*mastered_families(), *missing_families())
    tasks = {canonical(task.rtl): task for task in (sample(families, chance, "train") for _ in range(2000))}
    candidates = [Candidate(task.instruction, task.rtl, "gold", task.family) for task in tasks.values()]
    found = measure("the demo's spec bank", candidates, comparer, rule)
    texts = Protection(everything, DecontaminationSettings()).comparer()
    measure("the same, texts alone", candidates, texts, rule)
    same = sum(match.rule.value in SAME_DESIGN for match in found.matches.values())
    print(
        f"  of the {len(found.matches)} refused, {same} are the golden, or proved to behave like it: ", end=""
    )
    print(Counter(f"{candidates[at].subject} = {match.problem}" for at, match in found.matches.items()))


if __name__ == "__main__":
    main()
