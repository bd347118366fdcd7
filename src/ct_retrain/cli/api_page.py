"""Generate the reference page of the public interface from the source: signatures, docstrings and examples."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import TYPE_CHECKING, Any, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUPS = {
    "Leave traces": ("TraceWriter",),
    "Judge a design": (
        "judge_rtl",
        "Judge",
        "judge_of",
        "JudgeSpec",
        "Design",
        "DataFile",
        "Verdict",
        "Outcome",
        "Tool",
        "JudgeSettings",
    ),
    "Read a suite": ("load_suite", "Suite", "Problem", "Rejected"),
    "Run a night": ("run_night", "Options", "NightRecord", "NightOutcome"),
    "Decide": (
        "decide",
        "Scorecard",
        "Sampling",
        "Estimate",
        "GateSettings",
        "Decision",
        "Promote",
        "Hold",
        "Reject",
        "Evidence",
        "Comparison",
        "Check",
    ),
    "Errors": ("CtRetrainError", "UsageError", "ToolError", "CorruptStateError", "LockedError"),
}
"""Heading → names below it, entry points first."""


def api_page(note: str) -> str:
    """Return the page; *note* says that it is generated."""
    import ct_retrain

    parts = [
        f"""# Python interface

{note}
Everything here is imported from `ct_retrain` and loaded when it is first used, so that the import costs nothing.
Records are frozen and closed; `record.model_dump_json()` writes one, `Record.model_validate_json(text)` reads it.
What is not here may change without notice."""
    ]
    for heading, names in GROUPS.items():
        parts.append(f"## {heading}")
        parts += [_entry(name, getattr(ct_retrain, name)) for name in names]
    return "\n\n".join(parts) + "\n"


def _entry(name: str, value: Any) -> str:
    if not (inspect.isclass(value) or inspect.isfunction(value)):
        choices = " | ".join(one.__name__ for one in get_args(get_args(value)[0]))
        return f"### {name}\n\n```python\n{name} = {choices}\n```"
    node = ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]
    if isinstance(node, ast.FunctionDef):
        return f"### {name}\n\n```python\n{_signature(node, name)}\n```\n\n{_prose(node)}"
    if isinstance(node, ast.ClassDef):
        return "\n\n".join([f"### {name}", _prose(node), *_class(node)])
    raise TypeError(f"{name} is neither a class nor a function; leave it out of ct_retrain.__all__")


def _class(node: ast.ClassDef) -> Iterator[str]:
    """How it is made, what it has, what it can do; in this order."""
    methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
    called = [one for one in methods if not _is_property(one)]
    for one in called:
        if one.name == "__init__":
            yield f"```python\n{_signature(one, node.name)}\n```\n\n{_prose(one)}"
    fields = [*_fields(node.body), *_properties(methods)]
    if fields:
        yield "\n".join(fields)
    for one in called:
        if not one.name.startswith("_"):
            yield f"```python\n{node.name}.{_signature(one, one.name)}\n```\n\n{_prose(one)}"


def _fields(body: list[ast.stmt]) -> Iterator[str]:
    for one, after in zip(body, [*body[1:], None], strict=True):
        match one:
            case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
                yield _item(ast.unparse(one), after)
            case ast.Assign(targets=[ast.Name(id=name)]) if name.isupper():
                yield _item(ast.unparse(one), after)
            case _:
                pass


def _properties(methods: list[ast.FunctionDef]) -> Iterator[str]:
    for one in methods:
        if _is_property(one) and one.returns is not None:
            yield _item(f"{one.name}: {ast.unparse(one.returns)}", one.body[0])


def _item(code: str, after: ast.stmt | None) -> str:
    match after:
        case ast.Expr(value=ast.Constant(value=str() as text)):
            return f"- `{code}`: {' '.join(text.split())}"
        case _:
            return f"- `{code}`"


def _is_property(node: ast.FunctionDef) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "property" for one in node.decorator_list)


def _signature(node: ast.FunctionDef, name: str) -> str:
    """Return the signature of *name* without `self`, one argument per line if there are several."""
    takes = node.args
    positional = [*takes.posonlyargs, *takes.args]
    missing = len(positional) - len(takes.defaults)
    shown = [
        _argument(one, None if place < missing else takes.defaults[place - missing])
        for place, one in enumerate(positional)
    ]
    if takes.posonlyargs:
        shown.insert(len(takes.posonlyargs), "/")
    if shown and positional[0].arg == "self":
        shown = shown[1:] if shown[1:2] != ["/"] else shown[2:]
    if takes.kwonlyargs:
        shown.append("*")
    shown += [
        _argument(one, default) for one, default in zip(takes.kwonlyargs, takes.kw_defaults, strict=True)
    ]
    if takes.kwarg:
        shown.append(f"**{_argument(takes.kwarg, None)}")
    returns = "" if node.returns is None or name[0].isupper() else f" -> {ast.unparse(node.returns)}"
    if len(shown) < 3:
        return f"{name}({', '.join(shown)}){returns}"
    return f"{name}(\n{''.join(f'    {one},{chr(10)}' for one in shown)}){returns}"


def _argument(node: ast.arg, default: ast.expr | None) -> str:
    kind = f": {ast.unparse(node.annotation)}" if node.annotation else ""
    return f"{node.arg}{kind}" + (f" = {ast.unparse(default)}" if default else "")


def _prose(node: ast.FunctionDef | ast.ClassDef) -> str:
    """Return the docstring as Markdown, with its examples as a block of code."""
    lines = (ast.get_docstring(node) or "").splitlines()
    start = next((place for place, line in enumerate(lines) if line.startswith(">>>")), len(lines))
    prose, example = "\n".join(lines[:start]).rstrip(), "\n".join(lines[start:]).rstrip()
    return "\n\n".join(one for one in (prose, f"```pycon\n{example}\n```" if example else "") if one)
