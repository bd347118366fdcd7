"""Find what the text of a design alone does not explain, and what in it is not legal SystemVerilog.

A name that the text does not declare may be one of the testbench's; so may names behind a limit of
elaboration, which were not looked at. Other errors hide nothing.

Not covered: names in generate branches that the default parameters do not take; the testbench's names are
secret.
"""

from collections.abc import Iterator

from ct_retrain.verilog.tree import Parsed, code_of, elaboration

_NAMES = frozenset(
    {
        *("UndeclaredIdentifier", "TypoIdentifier", "UnknownModule", "UnknownPackage", "UnknownInterface"),
        *("CouldNotResolveHierarchicalPath", "UnknownPackageMember", "UnknownSystemName", "UnknownMember"),
    }
)
_LIMITS = (
    *("ConstEvalExceeded", "MaxGenerateSteps", "MaxInstanceArray", "MaxInstanceDepth", "MaxDefParam"),
    *("InfinitelyRecursiveHierarchy", "EnumValueCountExceeded", "ParamHasNoValue"),
)
_TOLERATED = frozenset({"UsedBeforeDeclared", "MissingTimeScale"})
"""Ignored errors: every simulator accepts the first; the second depends on the other files."""


def syntax(parsed: Parsed) -> Iterator[tuple[int, str]]:
    """Yield line and reason of every syntax error."""
    for found in parsed.tree.diagnostics:
        if found.isError():
            yield parsed.line_of(found.location), f"cannot be read ({code_of(found)})"


def unexplained(parsed: Parsed) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return what is unexplained and what is illegal in a text without syntax errors."""
    unread: list[tuple[int, str]] = []
    illegal: list[tuple[int, str]] = []
    problems = elaboration(parsed)
    if problems is None:
        return [(1, "cannot be elaborated")], []
    for found in problems:
        code = code_of(found)
        if not found.isError() or code in _TOLERATED:
            continue
        line = parsed.line_of(found.location)
        if code in _NAMES:
            unread.append((line, f"cannot be resolved ({code})"))
        elif code.startswith(_LIMITS):
            unread.append((line, f"too much to elaborate ({code})"))
        else:
            illegal.append((line, f"not legal SystemVerilog ({code})"))
    return unread, illegal


def failed_checks(parsed: Parsed) -> list[tuple[int, str]]:
    """Yield each `$error` and `$fatal` that elaboration of *parsed*, the text as written, reaches."""
    if b"$fatal" not in parsed.data and b"$error" not in parsed.data:
        return []
    problems = elaboration(parsed)
    if problems is None:
        return [(1, "cannot be elaborated")]
    tasks = {"ErrorTask", "FatalTask"}
    reached = (found for found in problems if code_of(found) in tasks)
    return [(parsed.line_of(found.location), "its own check of parameters fails") for found in reached]
