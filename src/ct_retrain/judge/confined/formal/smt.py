"""Bounded model checking and k-induction on a netlist that yosys wrote as SMT-LIB, by the bitwuzla or z3 wheel.

The solver works in a child of the worker, so neither its memory, its time nor its crash is the worker's. A bound is
what the child had said before it ended; only a finished induction is a proof.
"""

import json
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ct_retrain.core.errors import ToolError
from ct_retrain.judge.confined.sandbox.process import Limits

SOLVERS = {"bitwuzla": "bitwuzla", "z3": "z3-solver"}
"""Module and distribution, the faster one first."""


class Found(NamedTuple):
    """What a search ended with."""

    holds: int
    """Steps in which nothing fails."""
    proved: int
    """The k with which it was proved; 0 where it was not."""
    steps: tuple[dict[str, int], ...]
    """Inputs, step by step, up to the failure."""
    why: str
    cpu_seconds: float


def preload() -> None:
    """Import the solver that will be asked, while its files can still be read."""
    name = next((name for name in SOLVERS if find_spec(name) is not None), "")
    if name:
        import_module(name)


def search(text: str, top: str, solver: str, limits: Limits, depth: int) -> Found:
    """Look for a failing assertion of module *top* in *text*, up to *depth* steps (0: until the time is over)."""
    said = Path(_SAID)
    said.unlink(missing_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _child(text, top, solver, limits, depth)
    _, status, used = os.wait4(pid, 0)
    lines = said.read_text(encoding="utf-8").splitlines() if said.is_file() else []
    # A child that is killed in the middle of a line has not said it.
    heard = [json.loads(line) for line in lines if line.endswith("}")]
    facts: dict[str, Any] = {key: value for one in heard for key, value in one.items()}
    code = os.waitstatus_to_exitcode(status)
    return Found(
        facts.get("holds", 0),
        facts.get("proved", 0),
        tuple(facts.get("steps", ())),
        facts.get("error", "") or (f"{solver} ended with {code}" if code else "the time is over"),
        used.ru_utime + used.ru_stime,
    )


_SAID = "smt.said"


def _child(text: str, top: str, solver: str, limits: Limits, depth: int) -> None:
    """Never returns: a copy of the worker must not go on as a worker."""
    code = 1
    try:
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, hard))
        with open(_SAID, "w", encoding="utf-8", buffering=1) as file:  # noqa: PTH123 - a line at a time
            explore(
                text, top, _SOLVERS[solver], Bounds(depth, limits.cpu_seconds), lambda fact: _say(file, fact)
            )
        code = 0
    except (MemoryError, ToolError):
        code = 2
    finally:
        os._exit(code)


def _say(file: Any, fact: dict[str, Any]) -> None:
    file.write(json.dumps(fact) + "\n")


class Solver(Protocol):
    """A solver for bit-vectors that keeps what it has been told."""

    def add(self, text: str) -> None:
        """Take declarations, definitions and assertions."""
        ...

    def satisfiable(self, condition: str) -> bool | None:
        """Whether *condition* can hold beside them; None when it cannot tell."""
        ...

    def bits(self, name: str) -> str:
        """Value of a bit-vector in the last model, highest bit first."""
        ...


class Bounds(NamedTuple):
    """How far to look."""

    depth: int
    """Steps; 0: as many as there is time for."""
    seconds: int
    """Of processor time; half of it may go to induction."""


def explore(
    text: str, top: str, make: Callable[[], Solver], bounds: Bounds, say: Callable[[dict[str, Any]], None]
) -> None:
    """Tell *say* how far nothing fails, and in the end the proof or the failing inputs, if one is found."""
    model = _Model(text, top)
    base, induction = make(), make()
    for solver in (base, induction):
        solver.add(f"{text}\n{model.registers}")
    # Its first state may be the first of all: what comes next is then told by as many steps as the base has.
    induction.add(model.state(0))
    spent, number = 0.0, 0
    while not bounds.depth or number < bounds.depth:
        base.add(model.state(number) + (model.move(number) if number else model.start))
        failing = base.satisfiable(f"(not (|{top}_a| s{number}))")
        if failing is None:
            return
        if failing:
            say({"steps": [model.inputs(base.bits(f"s{step}")) for step in range(number + 1)]})
            return
        base.add(f"(assert (|{top}_a| s{number}))")
        say({"holds": number + 1})
        began = time.process_time()
        if spent < bounds.seconds / 2 and _inductive(induction, model, number + 1):
            say({"proved": number + 1})
            return
        spent += time.process_time() - began
        number += 1


def _inductive(solver: Solver, model: "_Model", number: int) -> bool:
    """Whether *number* steps without a failure are never followed by one."""
    solver.add(f"(assert (|{model.top}_a| s{number - 1}))")
    solver.add(model.state(number) + model.move(number) + model.fresh(number))
    return solver.satisfiable(f"(not (|{model.top}_a| s{number}))") is False


_SIMPLE_BITS = 64
"""Registers of more bits are not kept apart: the constraints would outgrow what they save."""


class _Model:
    """The text of yosys by its parts; a state is one bit-vector, inputs and registers at known places."""

    def __init__(self, text: str, top: str) -> None:
        self.top = top
        self.start = f"(assert (|{top}_i| s0))(assert (|{top}_is| s0))"
        width = re.search(
            rf"^\(define-sort \|{re.escape(top)}_s\| \(\) \(_ BitVec (\d+)\)\)", text, re.MULTILINE
        )
        self._width = int(width[1]) if width else 0
        self._inputs = _inputs(text)
        taken = {bit for bits in self._inputs.values() for bit in bits}
        kept = [bit for bit in range(self._width) if bit not in taken]
        self._simple = 0 < len(kept) <= _SIMPLE_BITS
        parts = [f"((_ extract {bit} {bit}) state)" for bit in reversed(kept)]
        whole = parts[0] if len(parts) == 1 else f"(concat {' '.join(parts)})"
        self.registers = (
            f"(define-fun |{top}_r| ((state |{top}_s|)) (_ BitVec {len(kept)}) {whole})"
            if self._simple
            else ""
        )

    def state(self, number: int) -> str:
        """State *number*, as the assumptions allow it."""
        name = f"s{number}"
        return f"(declare-fun {name} () |{self.top}_s|)(assert (|{self.top}_h| {name}))(assert (|{self.top}_u| {name}))"

    def move(self, number: int) -> str:
        """State *number* follows the one before, and is not the first."""
        return f"(assert (|{self.top}_t| s{number - 1} s{number}))(assert (not (|{self.top}_is| s{number})))"

    def fresh(self, number: int) -> str:
        """Its registers hold what they have not held before: a shortest failure never comes back to a state."""
        if not self._simple:
            return ""
        return "".join(
            f"(assert (distinct (|{self.top}_r| s{before}) (|{self.top}_r| s{number})))"
            for before in range(number)
        )

    def inputs(self, bits: str) -> dict[str, int]:
        """The values of the inputs in the state *bits*."""
        return {
            name: int("".join(bits[self._width - 1 - place] for place in places), 2)
            for name, places in self._inputs.items()
        }


_HEAD = r"^\(define-fun (\|[^|]*\|) \(\(state [^)]*\)\) "
_PLACE = re.compile(_HEAD + r".*\(\(_ extract (\d+) (\d+)\) state\)", re.MULTILINE)
_INPUT = re.compile(r"^; yosys-smt2-input (\S+) \d+\n(?:;.*\n)*" + _HEAD[1:] + "(.*)$", re.MULTILINE)
_PIECE = re.compile(r"(?:\(\(_ extract (\d+) (\d+)\) )?\((\|[^|]*#\d+\|) state\)")


def _inputs(text: str) -> dict[str, list[int]]:
    """Name of each input, and where its bits are in a state, highest first; yosys may have cut it into pieces."""
    places = {name: range(int(high), int(low) - 1, -1) for name, high, low in _PLACE.findall(text)}
    found: dict[str, list[int]] = {}
    for name, _, term in _INPUT.findall(text):
        pieces = ((places.get(word, range(0)), high, low) for high, low, word in _PIECE.findall(term))
        found[name] = [
            bit
            for whole, high, low in pieces
            for bit in (whole[len(whole) - 1 - int(high) : len(whole) - int(low)] if high else whole)
        ]
    return {name: bits for name, bits in found.items() if bits}


class _Bitwuzla:
    def __init__(self) -> None:
        library: Any = import_module("bitwuzla")
        options = library.Options()
        options.set(library.Option.PRODUCE_MODELS, True)  # noqa: FBT003 - the library's signature
        self._library = library
        self._parser = library.Parser(library.TermManager(), options)
        self.add("(set-logic QF_BV)")
        self._names: dict[str, Any] = {}

    def add(self, text: str) -> None:
        self._parser.parse(text, False, False)  # noqa: FBT003 - the library's signature

    def satisfiable(self, condition: str) -> bool | None:
        found = self._parser.bitwuzla().check_sat(self._parser.parse_term(condition))
        return {self._library.Result.SAT: True, self._library.Result.UNSAT: False}.get(found)

    def bits(self, name: str) -> str:
        if name not in self._names:
            self._names = {str(term.symbol()): term for term in self._parser.get_declared_funs()}
        return str(self._parser.bitwuzla().get_value(self._names[name]).value(2))


class _Z3:
    def __init__(self) -> None:
        self._library: Any = import_module("z3")
        self._context = self._library.Context()
        self._pushed = False
        self.add("(set-option :produce-models true)(set-logic QF_BV)(set-option :pp.bv-literals true)")

    def add(self, text: str) -> None:
        self._say(text)

    def satisfiable(self, condition: str) -> bool | None:
        said = self._say(f"(push 1)(assert {condition})(check-sat)").strip()
        self._pushed = True
        return {"sat": True, "unsat": False}.get(said)

    def bits(self, name: str) -> str:
        said = self._say(f"(get-value ({name}))", keep=True)
        found = re.search(r"#(x[0-9a-f]+|b[01]+)\)\)\s*$", said)
        return "" if found is None else _binary(found[1])

    def _say(self, text: str, *, keep: bool = False) -> str:
        if self._pushed and not keep:
            text = "(pop 1)" + text
            self._pushed = False
        said = str(self._library.Z3_eval_smtlib2_string(self._context.ref(), text))
        if "(error" in said:
            # It goes on as if nothing had been said, and would call a text without constraints satisfiable.
            raise ToolError(f"z3 does not understand what yosys wrote: {said[:160]}")
        return said


def _binary(word: str) -> str:
    """`x1f` and `b101` as bits."""
    if word[0] == "b":
        return word[1:]
    return "".join(f"{int(digit, 16):04b}" for digit in word[1:])


_SOLVERS: dict[str, Callable[[], Solver]] = {"bitwuzla": _Bitwuzla, "z3": _Z3}
