"""Change a testbench's random numbers: the same distributions, with another stream for each run that asks.

A simulator draws the same numbers each time, so a design could hold them hard-coded without looking at its
inputs. With other numbers only a design that computes its answers is right.
"""

from collections.abc import Iterable

from pyslang.syntax import ArgumentListSyntax, InvocationExpressionSyntax, SyntaxNode, SystemNameSyntax

from ct_retrain.verilog.edits import Edit, insertion
from ct_retrain.verilog.tree import Parsed, items_of, nodes

KEY_BLANK = "c0de5eed"
"""Placeholder for the digits that change the numbers, until a run has them."""


def change_random_numbers(parsed: Parsed) -> list[Edit]:
    """Return edits that change every number that *parsed* draws; empty if it draws none.

    Full-range numbers are XORed with a key; numbers of a chosen range are mirrored within it.
    """
    everything = parsed.nodes
    calls = {id(node.left): node for node in everything if isinstance(node, InvocationExpressionSyntax)}
    return [edit for node in everything for edit in _edits(parsed, node, calls.get(id(node)))]


_WHOLE = {"$random": "32'sh", "$urandom": "32'h"}
_RANGED = frozenset({"$urandom_range", "$dist_uniform"})


def _edits(parsed: Parsed, node: SyntaxNode, call: SyntaxNode | None) -> Iterable[Edit]:
    if not isinstance(node, SystemNameSyntax):
        return
    name = node.systemIdentifier.valueText
    place = parsed.span(call if call is not None else node)
    if place is None:
        return
    if name in _WHOLE:
        yield from (insertion(place.start, "("), insertion(place.end, f" ^ {_WHOLE[name]}{KEY_BLANK})"))
    elif name in _RANGED and isinstance(call, InvocationExpressionSyntax):
        bounds = _arguments(parsed, call)[-2:]
        if bounds:
            yield from (insertion(place.start, f"(({')+('.join(bounds)})-"), insertion(place.end, ")"))


def _arguments(parsed: Parsed, call: InvocationExpressionSyntax) -> list[str]:
    """Return the arguments of *call*; empty if they draw numbers themselves."""
    arguments: ArgumentListSyntax | None = getattr(call, "arguments", None)
    if arguments is None or any(isinstance(inner, SystemNameSyntax) for inner in nodes(arguments)):
        return []
    return [parsed.text(item) for item in items_of(arguments, "parameters", SyntaxNode)]
