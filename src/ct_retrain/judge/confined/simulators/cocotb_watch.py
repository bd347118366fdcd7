"""Watches what cocotb's tests touch of the design, in the simulator's own Python; then cocotb starts as usual.

cocotb looks names up wherever they are: a test that drives `dut.a` also drives a variable that the design declares
inside, and computes with. Recorded, as empty files, are names that the tests drive and that are no inputs
(`{CT_RESULTS}.drives.NAME`; writing 0 does not count, because harnesses do so to every signal they find), and whether
they read an unknown bit (`{CT_RESULTS}.unknown`). Where the top is a wrapper (`judge.evidence.wrapper`), names that it
lacks are looked up in the design below it, and its own names are not listed.
"""

import importlib
import os
from pathlib import Path
from typing import Any


def start(*arguments: Any) -> None:
    """Watch, and run cocotb's own entry points."""
    cocotb: Any = importlib.import_module("cocotb")
    handle: Any = importlib.import_module("cocotb.handle")
    clock: Any = importlib.import_module("cocotb.clock")
    _find_names(cocotb, handle, clock.Clock)
    read = (handle.LogicObject, handle.LogicArrayObject)
    for kind in {next(one for one in each.__mro__ if "get" in vars(one)) for each in read}:
        _note_unknown_bits(kind)
    del os.environ["PYGPI_USERS"]
    importlib.import_module("pygpi.entry").load_entry(*arguments)


def _note(what: str) -> None:
    Path(f"{os.environ['CT_RESULTS']}.{what}").touch()


def _find_names(cocotb: Any, handle: Any, clock: Any) -> None:
    """Replace how children of the top are found, and how clocks begin."""
    tree = handle.HierarchyObject
    found, listed, begun = tree._get, tree._discover_all, clock.__init__  # noqa: SLF001 - cocotb's own lookup
    inputs, below = os.environ["CT_INPUTS"].split(), os.environ["CT_BELOW"]
    watched: dict[str, Any] = {}

    def look_up(self: Any, key: str, *how: Any) -> Any:
        child = found(self, key, *how)
        if self is not getattr(cocotb, "top", None):
            return child
        if child is None and below:
            child = found(found(self, below), key, *how)
        plain = isinstance(child, handle.ValueObjectBase) and not isinstance(child, handle.ArrayObject)
        if not plain or key in inputs:
            return child
        if key not in watched:
            watched[key] = _watched(child, key)
        return watched[key]

    def discover(self: Any) -> None:
        listed(self)
        for name in [name for name in self._sub_handles if below and name.startswith("ct_")]:
            del self._sub_handles[name]

    def begin(self: Any, signal: Any, *facts: Any, **named: Any) -> None:
        if signal in watched.values():
            _note(f"drives.{signal._name}")  # noqa: SLF001
        begun(self, signal, *facts, **named)

    tree._get, tree._discover_all, clock.__init__ = look_up, discover, begin  # noqa: SLF001


def _watched(child: Any, name: str) -> Any:
    """Return another handle of *child*, which notes when it gets a value."""
    other = type(child)(child._handle, child._path)  # noqa: SLF001
    written = other._set_value  # noqa: SLF001

    def write(value: Any, *how: Any) -> None:
        if str(value).strip("0"):
            _note(f"drives.{name}")
        written(value, *how)

    other._set_value = write  # noqa: SLF001
    return other


def _note_unknown_bits(kind: Any) -> None:
    """Note when *kind* reads a bit that is neither 0 nor 1."""
    read = kind.get

    def get(self: Any) -> Any:
        value = read(self)
        if set(str(value)) - {"0", "1"}:
            _note("unknown")
        return value

    kind.get = get
