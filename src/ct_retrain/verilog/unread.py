"""Says what of a design its text alone does not explain, and what in it is not legal SystemVerilog.

A name that the text does not declare may be one of the testbench's, and so may every name behind a limit of
elaboration, for there nobody has looked. Other errors hide nothing.
Not covered: names in generate branches that the default parameters do not take; the testbench's names are secret.
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
"""The first every simulator reads over; the second depends on what a design is compiled beside."""


def syntax(parsed: Parsed) -> Iterator[tuple[int, str]]:
    """Line and reason of every syntax error."""
    for found in parsed.tree.diagnostics:
        if found.isError():
            yield parsed.line_of(found.location), f"cannot be read ({code_of(found)})"


def unexplained(parsed: Parsed) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """What is not explained, and what is not legal, in a text without syntax errors."""
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
    """`$error` and `$fatal` that the elaboration of *parsed*, the text as it was written, reaches."""
    if b"$fatal" not in parsed.data and b"$error" not in parsed.data:
        return []
    problems = elaboration(parsed)
    if problems is None:
        return [(1, "cannot be elaborated")]
    tasks = {"ErrorTask", "FatalTask"}
    reached = (found for found in problems if code_of(found) in tasks)
    return [(parsed.line_of(found.location), "its own check of parameters fails") for found in reached]
