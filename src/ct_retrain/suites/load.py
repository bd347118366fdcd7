"""Load suites by name or path: the built-in one, or files on disk in the layout in which they were published."""

import json
from collections.abc import Callable, Iterable, Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import Rejected, digest
from ct_retrain.core.records.problem import Problem, Suite
from ct_retrain.suites import (
    archxbench,
    chipbench,
    cvdp,
    notsotiny,
    plain,
    resbench,
    rtllm,
    verilogeval,
    vgen,
)
from ct_retrain.suites.interface import misfit
from ct_retrain.suites.lines import JsonLine, read_objects
from ct_retrain.suites.patches import patched

BUILT_IN = ("behavioural",)
PATCHED = "patched"
"""Prefix of a path: apply the patches of `suites.patches`."""


class Layout(NamedTuple):
    """One layout of a suite on disk."""

    words: str
    read: Callable[[Path], Iterator[Problem | Rejected]]
    name: Callable[[Path], str]
    """Returns the name of the suite at a path."""


def _named_v1(path: Path) -> str:
    return f"verilogeval-v1-{path.stem.rpartition('_')[2].lower()}"


def _named_v2(path: Path) -> str:
    return f"verilogeval-v2-{'code-complete' if any(path.glob('*_ifc.txt')) else 'spec-to-rtl'}"


def _named(name: str) -> Callable[[Path], str]:
    """Return what calls a suite *name*, wherever it lies."""
    return lambda _: name


def _named_file(path: Path) -> str:
    return path.stem


LAYOUTS: dict[str, Layout] = {
    "verilogeval-v1": Layout(
        "VerilogEval v1: VerilogEval_Human.jsonl, its descriptions beside it or in ../descriptions",
        verilogeval.read_v1,
        _named_v1,
    ),
    "verilogeval-v2": Layout(
        "VerilogEval v2: a directory of ProbNNN_name_prompt.txt, _ref.sv and _test.sv",
        verilogeval.read_v2,
        _named_v2,
    ),
    "rtllm": Layout(
        "RTLLM: a tree of design_description.txt, testbench.v, verified_*.v and data files",
        rtllm.read,
        _named("rtllm"),
    ),
    "cvdp": Layout("CVDP: JSONL with prompts, context and cocotb harnesses", cvdp.read, _named_file),
    "chipbench": Layout(
        "ChipBench: Verilog Gen/dataset_* or Verilog Debugging/dataset_debug_*",
        chipbench.read,
        chipbench.name,
    ),
    "resbench": Layout("ResBench: problems.json", resbench.read, _named("resbench")),
    "archxbench": Layout(
        "ArchXBench: a tree of design-specs.txt, problem-description.txt and tb.v",
        archxbench.read,
        _named("archxbench"),
    ),
    **{
        "vgen" if level == vgen.USUAL else f"vgen-{level}": Layout(
            f"VGen: a tree of prompt{vgen.LEVELS[level]}_*.v ({level} detail), tb_*.v and answer_*.v",
            reader,
            _named(f"vgen-{level}"),
        )
        for level, reader in vgen.readers.items()
    },
    "notsotiny": Layout(
        "NotSoTiny: JSONL with prompt, golden_module and top_module_name; a proof judges",
        notsotiny.read,
        _named_file,
    ),
    "plain": Layout("plain JSONL: one problem a line", plain.read, _named_file),
    "proof": Layout("plain JSONL without testbenches: a proof judges", plain.read_proofs, _named_file),
}


class SuiteName(NamedTuple):
    """The parts of a suite's name."""

    place: str
    kind: str
    """A key of LAYOUTS; "" to detect it from the path."""
    patched: bool


def parse_name(name: str) -> SuiteName:
    """Parse `[patched:][KIND:]PATH`, or a built-in name."""
    is_patched = name.startswith(f"{PATCHED}:")
    rest = name.removeprefix(f"{PATCHED}:")
    kind, colon, place = rest.partition(":")
    return (
        SuiteName(place, kind, is_patched) if colon and kind in LAYOUTS else SuiteName(rest, "", is_patched)
    )


def load_suite(name: str, workspace: Path) -> Suite:
    """Load the suite *name*: one of BUILT_IN, or a path relative to *workspace* in one of LAYOUTS.

    Items that are not usable problems are in `rejected`, with their place; raise UsageError if no problem is
    left.

    >>> from pathlib import Path
    >>> from ct_retrain import load_suite
    >>> suite = load_suite("behavioural", Path())
    >>> suite.kind, len(suite.problems) > 50, suite.rejected
    ('built-in', True, ())
    >>> problem = suite.problems[0]
    >>> problem.id, problem.top, problem.design(problem.golden).testbench == problem.testbench
    ('abs_difference', 'abs_difference', True)
    """
    if name in BUILT_IN:
        return _suite(name, "built-in", _built_in(name))
    named = parse_name(name)
    path = workspace / named.place
    kind = named.kind or _kind_at(path, name)
    layout = LAYOUTS[kind]
    title = layout.name(path)
    try:
        found = list(layout.read(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read as {layout.words}: {error.strerror}") from error
    if named.patched:
        found = [one if isinstance(one, Rejected) else patched(title, one) for one in found]
    return _suite(title, kind, found)


def _kind_at(path: Path, name: str) -> str:
    """Return the layout of *path*; raise UsageError if it has none."""
    if path.is_file():
        return _kind_of_file(path)
    if not path.is_dir():
        known = f"built in: {', '.join(BUILT_IN)}; layouts: {', '.join(LAYOUTS)}"
        raise UsageError(f"no suite {name!r}: {path} does not exist ({known})")
    if chipbench.recognised(path):
        return "chipbench"
    if any(path.glob("Prob*_*_*.*")):
        return "verilogeval-v2"
    inside = sorted({*path.glob("dataset_*/"), *path.glob("data/VerilogEval_*.jsonl")})
    if inside:
        raise UsageError(f"{path} holds several suites; name one: {', '.join(map(str, inside))}")
    for mark, kind in _MARKS.items():
        if any(path.rglob(mark)):
            return kind
    layouts = "; ".join(layout.words for layout in LAYOUTS.values())
    raise UsageError(f"{path} holds no suite in a layout that is known: {layouts}")


_MARKS = {
    rtllm.SPEC: "rtllm",
    resbench.FILE: "resbench",
    archxbench.SPEC: "archxbench",
    "prompt2_*.v": "vgen",
    rtllm.TESTBENCH: "rtllm",
}
"""A file of a tree → its layout; the first that is found decides."""


def _kind_of_file(path: Path) -> str:
    """Detect the layout of a file by its name, or by the fields of its first line that is an object."""
    if path.name == resbench.FILE:
        return "resbench"
    first = next((line for line in read_objects(path) if isinstance(line, JsonLine)), None)
    if first is None:
        raise UsageError(f"{path} holds no problem: no line of it is a JSON object")
    for kind, recognised in (("cvdp", cvdp.recognised), ("notsotiny", notsotiny.recognised)):
        if recognised(first.fields):
            return kind
    if {"task_id", "canonical_solution"} & set(first.fields):
        return "verilogeval-v1"
    return "proof" if "golden" in first.fields and "testbench" not in first.fields else "plain"


def _suite(name: str, kind: str, found: Iterable[Problem | Rejected]) -> Suite:
    rejected: list[Rejected] = []
    by_id: dict[str, list[Problem]] = {}
    for one in found:
        if isinstance(one, Rejected):
            rejected.append(one)
        else:
            by_id.setdefault(one.id, []).append(one)
    usable: list[Problem] = []
    for one_id, same in sorted(by_id.items()):
        wrong = _unusable(one_id, same)
        if wrong is None:
            usable += same
        else:
            rejected.append(wrong)
    if not usable:
        reasons = "".join(f"\n{one.subject}: {one.reason}: {one.detail}" for one in rejected)
        raise UsageError(f"{name} holds no usable problem{reasons}")
    return Suite(
        name=name, problems=tuple(usable), digest=digest(*usable), kind=kind, rejected=tuple(rejected)
    )


def _unusable(name: str, same: list[Problem]) -> Rejected | None:
    """Reject problems that share an id, since it is unknown which one is meant."""
    if len(same) > 1:
        return Rejected(subject=name, reason="duplicate_id", detail=f"{len(same)} problems have this id")
    wrong = misfit(same[0])  # pyright: ignore[reportArgumentType] - frozen records have a hash
    return Rejected(subject=name, reason="wrong_interface", detail=wrong) if wrong else None


def _built_in(name: str) -> Iterator[Problem]:
    root = resources.files("ct_retrain.suites") / name
    for directory in sorted(root.iterdir(), key=lambda one: one.name):
        if directory.is_dir() and (directory / "problem.json").is_file():
            yield _problem(directory)


def _problem(directory: Traversable) -> Problem:
    texts = [
        (directory / name).read_text() for name in ("problem.json", "spec.md", "testbench.v", "golden.v")
    ]
    facts = json.loads(texts[0])
    return Problem(
        id=directory.name,
        spec=texts[1],
        top=facts["top"],
        testbench=texts[2],
        golden=texts[3],
        category=facts["category"],
        tags=tuple(facts["tags"]),
        source=digest(*texts),
    )
