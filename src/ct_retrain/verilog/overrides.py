"""Finds the parameters with which a testbench instantiates a design, so that a copy can be made of what it asks for."""

from collections.abc import Iterator
from typing import NamedTuple

from pyslang.ast import InstanceSymbol, ParameterSymbol, Symbol, VisitAction

from ct_retrain.verilog.tree import compilation, elaborated, parse


class Overrides(NamedTuple):
    """Values of parameters as a synthesiser takes them."""

    values: tuple[tuple[str, str], ...] = ()
    why: str = ""
    """Why they are not known; no copy may then be made."""


def overrides(rtl: str, testbench: str, top: str) -> Overrides:
    """The parameters that *testbench* gives to its instances of *top* in *rtl*."""
    if "#" not in testbench and "defparam" not in testbench:
        return Overrides()
    both = parse(f"{testbench}\n`undefineall\n`resetall\n{rtl}")
    if both is None:
        return Overrides(why="the testbench cannot be elaborated")
    try:
        root = compilation(both, None).getRoot()
        alone = [_values(instance) for instance in elaborated(both, frozenset({top})) if instance.name == top]
        usual = frozenset(alone[0] if alone else ())
        found = {
            tuple(pair for pair in _values(instance) if pair not in usual)
            for instance in _instances(root, top)
        }
    except RuntimeError:
        return Overrides(why="the testbench cannot be elaborated")
    if len(found) > 1:
        return Overrides(why=f"{top} is instantiated with different parameters")
    values = next(iter(found), ())
    unreadable = next((name for name, value in values if not _is_number(value)), "")
    return Overrides(why=f"the parameter {unreadable} is no number") if unreadable else Overrides(values)


def _instances(root: Symbol, top: str) -> Iterator[InstanceSymbol]:
    found: list[InstanceSymbol] = []

    def visit(item: object) -> VisitAction:
        if isinstance(item, InstanceSymbol) and item.definition.name == top:
            found.append(item)
            return VisitAction.Skip
        return VisitAction.Advance

    root.visit(visit)
    yield from found


def _values(instance: InstanceSymbol) -> tuple[tuple[str, str], ...]:
    """Every parameter and its value."""
    return tuple(
        (item.name, str(item.value))
        for item in instance.body
        if isinstance(item, ParameterSymbol) and not item.isLocalParam
    )


def _is_number(value: str) -> bool:
    return value.removeprefix("-")[:1].isdecimal() and not set(value) & set('xXzZ?"')
