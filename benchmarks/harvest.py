"""The judge on real designs under the testbenches that their authors wrote: what it accepts, beside simpler rules.

    python benchmarks/harvest.py PAIRS REPOSITORIES [--mutants 4] [--only TEXT] [--json FILE]

PAIRS is a file of JSON lines with `repo`, `commit`, `design`, `testbench` and `truth`; REPOSITORIES holds a git
directory of each repository as `owner+name`, `owner+name/repo` or `owner/name`. What is missing is said and left out.
Nothing of the repositories is kept. A mutant counts as wrong where its plain transcript speaks of failure in a line
that the design's own transcript does not have.
"""

import argparse
import functools
import json
import posixpath
import re
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import (
    FILE_NAME,
    DataFile,
    Design,
    Verdict,
)
from ct_retrain.judge.judge import Judge
from ct_retrain.stages._several_files import (
    JoinedSource,
    SharedFiles,
    SourcePart,
    whole,
)
from ct_retrain.trace import FileRefusal
from ct_retrain.verilog.mutate import mutants
from ct_retrain.verilog.roms import filled

RULES: dict[str, Callable[[str], bool]] = {
    "grep -i pass": lambda said: bool(re.search("pass", said, re.IGNORECASE)),
    "pass, and no fail or error": lambda said: (
        bool(re.search("pass", said, re.IGNORECASE)) and not re.search("fail|error", said, re.IGNORECASE)
    ),
    "nothing with fail or error": lambda said: not re.search("fail|error", said, re.IGNORECASE),
}
"""What a pipeline does that believes the transcript."""


class Tree:
    """One repository at one commit, read through git."""

    def __init__(self, git: Path, commit: str) -> None:
        self._git, self._commit = git, commit
        self.names = tuple(_run(git, "ls-tree", "-r", "--name-only", commit).decode().splitlines())

    @functools.cache  # noqa: B019 - as many trees as the list has repositories
    def read(self, name: str) -> bytes:
        return _run(self._git, "show", f"{self._commit}:{name}")

    def near(self, name: str, place: str) -> str | None:
        """The file that somebody at *place* calls *name*: beside it, or the nearest of that name."""
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(place), name))
        if beside in self.names:
            return beside
        alike = [each for each in self.names if posixpath.basename(each) == posixpath.basename(name)]
        return max(alike, key=lambda each: len(posixpath.commonpath(["/" + each, "/" + place])), default=None)


def _run(git: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", str(git), *words], capture_output=True, check=True).stdout


def tree_of(repositories: Path, row: dict[str, Any]) -> Tree | str:
    owner, _, name = row["repo"].partition("/")
    places = [f"{owner}+{name}/repo", f"{owner}+{name}", f"{owner}/{name}"]
    git = next((repositories / place for place in places if (repositories / place).is_dir()), None)
    if git is None:
        return f"{row['repo']}: not in {repositories}"
    try:
        return Tree(git, row["commit"])
    except subprocess.CalledProcessError:
        pass
    try:
        return Tree(git, "HEAD")
    except subprocess.CalledProcessError as error:
        return f"{row['repo']}: {error.stderr.decode().strip()[:100]}"


def design_of(row: dict[str, Any], tree: Tree) -> Design | str:
    """The pair as a trace with the same files would hand it over."""
    missing = [name for name in (*row["design"], row["testbench"]) if name not in tree.names]
    if missing:
        return f"{row['repo']}: no {missing[0]} in it"

    def read(key: str, name: str) -> bytes | FileRefusal:
        del key
        found = name if name in tree.names else tree.near(name, row["testbench"])
        return FileRefusal("artefact_missing", name) if found is None else tree.read(found)

    texts = [tree.read(name).decode("utf-8", "replace") for name in (*row["design"], row["testbench"])]
    data = dict(_data(texts, row, tree))
    rtl = whole("rtl_file", row["design"], read, SharedFiles())
    around = SharedFiles(data=tuple(data))
    if isinstance(rtl, FileRefusal):
        return rtl.detail
    around = around._replace(design=rtl.parts or (SourcePart(rtl.name, rtl.data),))
    bench = whole("testbench_file", [row["testbench"]], read, around)
    if isinstance(bench, FileRefusal):
        return bench.detail
    text, rtl_text = _text(bench), _text(rtl)
    if re.search(r"\bmodule\s+RefModule\b", rtl_text) and "TopModule" in text:
        # One text is the reference and, under the other name, the design: a suite's own convention.
        text, rtl_text = f"{text}\n{rtl_text}", re.sub(r"\bRefModule\b", "TopModule", rtl_text)
    files = tuple(DataFile(name=name, text=content) for name, content in data.items())
    return Design(rtl=filled(rtl_text, data, text).text, testbench=text, files=files)


def _text(found: JoinedSource) -> str:
    return found.data.decode("utf-8", "replace")


_READS = re.compile(r"\"([^\"\n]+\.(?:hex|mem|txt|dat|data|bin|vec|tv|csv|list|in))\"")


def _data(texts: list[str], row: dict[str, Any], tree: Tree) -> Iterator[tuple[str, str]]:
    """Files of the repository that strings of the texts name."""
    for name in sorted({name for text in texts for name in _READS.findall(text)}):
        base = posixpath.basename(name)
        found = tree.near(name, row["testbench"])
        if found and FILE_NAME.fullmatch(base):
            yield base, tree.read(found).decode("utf-8", "replace")


class Judged(NamedTuple):
    row: dict[str, Any]
    verdict: Verdict
    said: str
    """The plain transcript."""
    wrong: int = 0
    """Mutants whose plain transcript says so."""
    passed: int = 0
    """Of those, passed by the judge."""
    by_rule: tuple[tuple[str, int], ...] = ()
    seconds: float = 0.0


_FAILURE = re.compile(
    r"\b(?:fail(?:ed|ure|s|ures)?|errors?|mismatch(?:es)?|wrong|incorrect|bad)\b", re.IGNORECASE
)


def _templates(said: str) -> set[str]:
    return {re.sub(r"[0-9a-fA-FxXzZ]*\d[0-9a-fA-FxXzZ]*", "#", line).strip() for line in said.splitlines()}


def says_fail(said: str, golden: str) -> bool:
    """Whether *said* speaks of failure in a line that *golden* does not have, apart from numbers."""
    return any(_FAILURE.search(line) for line in _templates(said) - _templates(golden))


def judged(judge: Judge, row: dict[str, Any], design: Design, most: int) -> Judged:
    began = time.monotonic()
    said, verdict = judge.icarus.naive(design), judge.check(design)
    wrong = passed = 0
    rules: Counter[str] = Counter()
    for mutant in mutants(design.rtl, most) if row["truth"] == "pass" else ():
        other = design.model_copy(update={"rtl": mutant.rtl, "cpu_seconds": 10})
        plain = judge.icarus.naive(other)
        if plain and says_fail(plain, said):
            wrong += 1
            accepted = judge.check(other).passed
            passed += accepted
            rules.update(name for name, rule in RULES.items() if rule(plain))
            if accepted:
                print(
                    f"  A WRONG MUTANT PASSES: {row['id']} {mutant.operator} line {mutant.line}", flush=True
                )
    return Judged(row, verdict, said, wrong, passed, tuple(rules.items()), time.monotonic() - began)


def report(found: list[Judged], missing: list[str]) -> str:
    lines = [f"missing: {each}" for each in missing]
    groups: dict[str, list[Judged]] = defaultdict(list)
    for one in found:
        groups[one.row["truth"]].append(one)
    head = ["truth", "pairs", "judge", *RULES]
    lines += ["", "accepted, by what a person reads in the plain transcript", " | ".join(head)]
    for truth, each in sorted(groups.items()):
        counts = [sum(rule(one.said) for one in each) for rule in RULES.values()]
        lines.append(
            " | ".join(map(str, [truth, len(each), sum(one.verdict.passed for one in each), *counts]))
        )
    wrong = sum(one.wrong for one in found)
    rules: Counter[str] = Counter()
    for one in found:
        rules.update(dict(one.by_rule))
    by_rule = ", ".join(f"{name}: {rules[name]}" for name in RULES)
    lines += [
        "",
        f"wrong mutants {wrong}, passed by the judge {sum(one.passed for one in found)}, by {by_rule}",
    ]
    lines += ["", "right, and refused:"]
    lines += [
        f"  {one.row['id']} {one.row['repo']} {one.row['testbench']}: {one.verdict.outcome}: {one.verdict.detail[:200]}"
        for one in groups.get("pass", ())
        if not one.verdict.passed
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pairs", type=Path)
    parser.add_argument("repositories", type=Path)
    parser.add_argument(
        "--mutants", type=int, default=4, help="at most so many wrong variants of each right design"
    )
    parser.add_argument(
        "--only", default="", help="pairs whose id, repository, testbench or truth holds this text"
    )
    parser.add_argument("--json", type=Path, help="a file for the verdict of each pair")
    options = parser.parse_args()
    missing: list[str] = []
    found: list[Judged] = []
    with Judge(JudgeSettings(cpu_seconds=30)) as judge:
        for row in map(json.loads, options.pairs.open()):
            about = f"{row['id']} {row['repo']} {row['testbench']} {row['truth']}"
            if options.only not in about:
                continue
            tree = tree_of(options.repositories, row)
            design = tree if isinstance(tree, str) else design_of(row, tree)
            if isinstance(design, str):
                missing.append(design)
                continue
            found.append(one := judged(judge, row, design, options.mutants))
            print(
                f"{one.seconds:6.1f} s {about}: {one.verdict.outcome}: {one.verdict.detail[:160]}", flush=True
            )
    print(report(found, sorted(set(missing))))
    if options.json:
        rows = [{**one.row, "outcome": one.verdict.outcome, "detail": one.verdict.detail} for one in found]
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
