"""Find the parameter sets with which a testbench instantiates a design, to synthesise a copy for each."""

from collections.abc import Iterator
from typing import NamedTuple

from pyslang.ast import InstanceSymbol, ParameterSymbol, Symbol, VisitAction

from ct_retrain.verilog.tree import compilation, elaborated, parse

Values = tuple[tuple[str, str], ...]
"""Parameter names with their values, as a synthesiser takes them."""


class Overrides(NamedTuple):
    """The parameter sets that a testbench uses."""

    sets: tuple[Values, ...] = ((),)
    """Each distinct set of parameters that an instance overrides, with its values."""
    why: str = ""
    """Why the sets are not known; then no copy may be made. "" if they are known."""
    usual: Values = ()
    """Every parameter that is a number, in order, with its default."""


def overrides(rtl: str, testbench: str, top: str) -> Overrides:
    """Return the parameters that *testbench* gives to its instances of *top* in *rtl*."""
    if "#" not in testbench and "defparam" not in testbench:
        return Overrides()
    if "parameter" not in rtl and "#" not in rtl:
        # There is none that could be given a value.
        return Overrides()
    both = parse(f"{testbench}\n`undefineall\n`resetall\n{rtl}")
    if both is None:
        return Overrides(why="the testbench cannot be elaborated")
    try:
        root = compilation(both, None).getRoot()
        alone = [_values(instance) for instance in elaborated(both, frozenset({top})) if instance.name == top]
        usual = alone[0] if alone else ()
        found = {_values(instance) for instance in _instances(root, top)} or {usual}
    except RuntimeError:
        return Overrides(why="the testbench cannot be elaborated")
    if len(found) > _MOST:
        return Overrides(why=f"{top} is instantiated with more than {_MOST} sets of parameters")
    given = {name for each in found for name, value in each if (name, value) not in usual}
    sets = tuple(sorted(tuple(pair for pair in each if pair[0] in given) for each in found))
    unreadable = next((name for each in sets for name, value in each if not _is_number(value)), "")
    known = tuple(pair for pair in usual if _is_number(pair[1]))
    why = f"the parameter {unreadable} is no number"
    return Overrides(why=why) if unreadable else Overrides(sets, usual=known)


_MOST = 8
"""Maximum number of sets; each is synthesised on its own."""


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
    """Return every parameter of an instance and its value."""
    return tuple(
        (item.name, str(item.value))
        for item in instance.body
        if isinstance(item, ParameterSymbol) and not item.isLocalParam
    )


def _is_number(value: str) -> bool:
    return value.removeprefix("-")[:1].isdecimal() and not set(value) & set('xXzZ?"')
