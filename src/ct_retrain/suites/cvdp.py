"""Read CVDP's code generation as NVIDIA publishes it: JSONL rows of prompt, context, golden and cocotb
harness.

Rows of the non-agentic layout whose harness runs cocotb on Icarus Verilog are read unchanged; every other row
is Rejected with its reason. The harness's own `test_runner.py` starts the simulations, in the judge's
sandbox. A row whose solution is withheld is judged by its harness alone. Differences from CVDP's own way:

- The model is prompted without the system prompt, and for one text, also where CVDP asks for JSON with
  several files.
- `RANDOM_SEED` is fixed and no waveform is written, so that a verdict is reproducible.
- The installed tools are used; CVDP pins a container image. Harnesses that do not work with these, or that
  name paths in that image, show up in the health check because their goldens fail.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import Field, ValidationError

from ct_retrain.core.record import Record, Rejected, digest
from ct_retrain.core.records.problem import Problem
from ct_retrain.core.records.verdict import DataFile
from ct_retrain.judge.evidence.cocotb import is_cocotb, test_modules, with_settings
from ct_retrain.suites.lines import JsonLine, problem_of, read_objects, unfit
from ct_retrain.verilog.modules import defined

CATEGORIES = {
    "cid002": "code_completion",
    "cid003": "spec_to_rtl",
    "cid004": "code_modification",
    "cid005": "module_reuse",
    "cid007": "code_improvement",
    "cid016": "debugging",
}
"""Categories that ask for RTL; the others ask for prose, or testbenches that only commercial tools can judge.
"""
LICENCE = "CC-BY-4.0"
_ENV, _COMPOSE = "src/.env", ("docker-compose.yml", "Dockerfile")
_COMMERCIAL = re.compile(r"__VERIF_EDA_IMAGE__|licnetwork|\b(?:xrun|xcelium|vcs|questa|vsim)\b")


class _Input(Record):
    prompt: str
    context: dict[str, str] = Field(default_factory=dict)


class _Output(Record):
    response: str = ""
    context: dict[str, str] = Field(default_factory=dict)


class _Harness(Record):
    files: dict[str, str] = Field(default_factory=dict)


class _Row(Record):
    id: str
    categories: tuple[str, ...]
    input: _Input
    output: _Output
    harness: _Harness


def recognised(fields: dict[str, Any]) -> bool:
    """Whether an object with *fields* is a CVDP row of any kind."""
    return {"id", "categories", "harness"} <= set(fields)


def read(path: Path) -> Iterator[Problem | Rejected]:
    """Return the problems of one JSONL file, in its order."""
    for line in read_objects(path):
        yield line if isinstance(line, Rejected) else _problem(line)


def _problem(line: JsonLine) -> Problem | Rejected:
    if {"patch", "system_message"} & set(line.fields):
        return _refused(line, "agentic", "the answer is a patch to a tree of files, made with tools")
    known = {name: value for name, value in line.fields.items() if name in _Row.model_fields}
    try:
        row = _Row.model_validate(known, strict=False)
    except ValidationError as error:
        return unfit(line.place, error)
    reason = _unsuitable(row)
    if reason is not None:
        return _refused(line, *reason)
    env = _settings(row.harness.files[_ENV])
    module = f"src/{test_modules(env)[0]}.py"
    return problem_of(
        line.place,
        id=row.id,
        spec=row.input.prompt,
        prompt=_prompt(row, env),
        top=env["TOPLEVEL"],
        testbench=with_settings(row.harness.files[module], env),
        golden=_golden(row),
        category=CATEGORIES[row.categories[0]],
        tags=row.categories,
        licence=LICENCE,
        files=_files(row, env, module),
        source=digest(line.text),
    )


def _golden(row: _Row) -> str:
    """Return the published solution; "" if it is withheld: file names without texts, or nothing."""
    texts = row.output.context.values()
    return "\n".join(texts) if any(text.strip() for text in texts) else ""


def _answered(row: _Row, env: dict[str, str]) -> list[str]:
    """Return the files that the answer brings.

    Where the row names none: the sources that no file provides, or else those of the context that hold the top.
    """
    there = {_base(name) for name in (*row.input.context, *row.harness.files)}
    missing = [name for name in env["VERILOG_SOURCES"].split() if _base(name) not in there]
    tops = (name for name, text in row.input.context.items() if env["TOPLEVEL"] in defined(text))
    return list(row.output.context) or missing or list(tops)


def _refused(line: JsonLine, reason: str, detail: str) -> Rejected:
    return Rejected(subject=f"{line.place} {line.fields.get('id', '')}".strip(), reason=reason, detail=detail)


def _unsuitable(row: _Row) -> tuple[str, str] | None:
    """Return why open tools cannot judge *row*, as a reason and a sentence."""
    category = row.categories[0] if row.categories else "none"
    files = row.harness.files
    if category not in CATEGORIES:
        return "other_category", f"{category} does not ask for RTL"
    image = "\n".join(files.get(name, "") for name in (*_COMPOSE, _ENV))
    found = _COMMERCIAL.search(image)
    if found is not None:
        return "commercial_tool", f"the harness needs a commercial simulator: {found[0]}"
    if row.output.response.strip() and not _golden(row):
        return "missing_golden", "output.response holds words and output.context no RTL"
    env = _settings(files.get(_ENV, ""))
    wrong = _unfit_harness(row, env)
    return ("bad_harness", wrong) if wrong else None


def _unfit_harness(row: _Row, env: dict[str, str]) -> str:
    """Return what this harness lacks, in a sentence; "" if nothing is known to be missing."""
    missing = [name for name in ("TOPLEVEL", "MODULE", "VERILOG_SOURCES") if not env.get(name)]
    if missing:
        return f"{_ENV} sets no {', '.join(missing)}"
    if env.get("SIM", "icarus") != "icarus":
        return f"it is for {env['SIM']}"
    module = f"src/{test_modules(env)[0]}.py"
    if not is_cocotb(row.harness.files.get(module, "")):
        return f"{module} is no cocotb test module"
    there = {_base(name) for name in (*row.input.context, *_answered(row, env), *row.harness.files)}
    strange = [name for name in env["VERILOG_SOURCES"].split() if _base(name) not in there]
    if strange:
        return f"no file provides {', '.join(strange)}"
    if not _answered(row, env):
        return "nothing says which file the answer brings"
    names = [file.name for file in _files(row, env, module)]
    twice = sorted({name for name in names if names.count(name) > 1})
    return f"several files are named {', '.join(twice)}" if twice else ""


def _settings(env: str) -> dict[str, str]:
    """Parse `NAME = value` lines, as in docker's env files."""
    pairs = (line.partition("=") for line in env.splitlines() if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, mark, value in pairs if mark and name.strip()}


def _files(row: _Row, env: dict[str, str], module: str) -> tuple[DataFile, ...]:
    """Return the files beside the design: the rest of the harness, and sources outside the answer."""
    answered = {_base(name) for name in _answered(row, env)}
    listed = {_base(name) for name in env["VERILOG_SOURCES"].split()} - answered
    harness = {
        name: text
        for name, text in row.harness.files.items()
        if name not in {_ENV, module, *_COMPOSE} and _NAME.fullmatch(_base(name))
    }
    sources = {name: text for name, text in row.input.context.items() if _base(name) in listed}
    return tuple(DataFile(name=_base(name), text=text) for name, text in {**harness, **sources}.items())


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def _base(path: str) -> str:
    return PurePosixPath(path).name


def _prompt(row: _Row, env: dict[str, str]) -> str:
    """Return the context's files, the request, and where the answer is saved, in CVDP's order."""
    shown = [
        f"\nConsider the following content for the file {name}:\n```\n{text}\n```"
        for name, text in row.input.context.items()
    ]
    asked = f"\nProvide me one answer for this request: {row.input.prompt}\n"
    names = _answered(row, env)
    into = f"Your response will be saved directly to: {names[0]}.\n"
    if len(names) > 1:
        into = f"Put the modules of the files {', '.join(names)} one after the other.\n"
    said = "Please provide your response as plain text without any JSON formatting. "
    return "".join([*shown, asked, said, into])
