"""Rewrites a design as Verilog from the netlist that yosys reads; runs inside a worker.

If the plain copy gets the same verdict as the design, nothing more is needed. Otherwise further legal readings of the
same registers and logic tell whether the design or the testbench is at fault: inputs sampled as the clock wakes the
design, for testbenches that change them at that edge; latches that close before their data changes, if one input
causes both; and every unknown bit set to a fixed value.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from ct_retrain.judge.confined.formal.equivalence import readable
from ct_retrain.judge.confined.formal.yowasp import run_yosys
from ct_retrain.judge.confined.sandbox.process import CpuBudget, Limits
from ct_retrain.verilog.guard import approve, usable
from ct_retrain.verilog.modules import Module, defined, module_of
from ct_retrain.verilog.overrides import Values, overrides
from ct_retrain.verilog.packages import packages_alone, packages_used
from ct_retrain.verilog.stub import choosing

_COPY = "copy.v"


class Netlist(NamedTuple):
    """A design as Verilog from its netlist, or "" and the reason why there is none."""

    text: str
    why: str


Unknown = Literal["x", "zero", "one", "random1", "random2", "random3", "random4"]


class SynthesisChoice(NamedTuple):
    """One legal reading of registers and logic."""

    at_edge: bool = False
    """Registers sample inputs as they were when the clock's edge was noticed, not after they settled."""
    unknown: Unknown = "x"
    """Value of registers without an initial value, of undriven wires and of x literals; "x" leaves them unknown."""
    settled: bool = False
    """Latches evaluate after enable and data have settled: if one input changes both, the latch keeps the old value."""


AS_IT_IS = SynthesisChoice()


class SynthesisRequest(NamedTuple):
    """What to rewrite."""

    wanted: tuple[str, ...]
    """Names of the modules, one of which is the top."""
    testbench: str = ""
    """Testbench that instantiates the top, perhaps with its own parameters."""


def resynthesise(
    rtl: str, asked: SynthesisRequest, yosys: str, limits: Limits, reading: SynthesisChoice = AS_IT_IS
) -> Netlist:
    """Rewrite *rtl* by yosys into registers and logic, with the parameters that the testbench of *asked* sets."""
    with CpuBudget(limits.cpu_seconds):
        approved = approve(rtl)
        roots = [name for name in defined(approved.text) if name in asked.wanted]
        given = {root: overrides(approved.text, asked.testbench, root) for root in roots}
    if not usable(approved) or not roots:
        return Netlist("", "it is not synthesizable, or not what the testbench wants")
    copies = [packages_alone(approved.text, packages_used(asked.testbench))]
    for root in roots:
        if given[root].why:
            return Netlist("", given[root].why)
        sets = given[root].sets
        alone = len(roots) == len(sets) == 1
        others = {f"{root}{_SET}{number}": values for number, values in enumerate(sets)}
        for name, values in others.items():
            copy = _Writer(approved.text, root, yosys, limits).copy(values, reading, alone=alone)
            if not copy.text:
                return copy
            named = rf"\b{re.escape(root)}(?=(?:{_INNER})?\b)"
            copies.append(
                _with_parameters(copy.text, root, {**dict(given[root].usual), **dict(values)})
                if len(sets) == 1
                else re.sub(named, name, copy.text)
            )
        if len(sets) > 1:
            copies.append(choosing(approved.text, root, others))
    return Netlist("".join(copies), "")


def _with_parameters(copy: str, root: str, values: Mapping[str, str]) -> str:
    """Return *copy* with the parameters that its netlist lost, so that instances may override them."""
    declared = "".join(f"\n  parameter {name} = {value};" for name, value in values.items())
    head = re.compile(rf"^module {re.escape(root)}\s*\([^;]*\);", re.MULTILINE)
    return head.sub(lambda found: found[0] + declared, copy, count=1)


_SET = "_ct_set"
"""Suffix of the name of a copy for one of several sets of parameters, followed by its number."""


class _Writer(NamedTuple):
    """Writes copies of one module of a text, by one yosys."""

    text: str
    root: str
    yosys: str
    limits: Limits

    def copy(self, values: Values, reading: SynthesisChoice, *, alone: bool) -> Netlist:
        """Return the copy with *values* for parameters; if not *alone*, as a single module."""
        top = " ".join([self.root, *(f"-chparam {name} {value}" for name, value in values)])
        found = _plain(self, readable(self.text), top, _plainly(reading, alone=alone))
        if found.text and reading.unknown != "x":
            # Only after the first pass, in which comparisons of the design with unknown bits are already decided.
            found = self.written(found.text, self.root, _filling(self.text, reading.unknown))
        if found.text and reading.settled:
            found = _settled(found.text)
        if found.text and reading.at_edge:
            with CpuBudget(self.limits.cpu_seconds):
                found = _at_edge(found.text, self.root)
        return found

    def written(self, text: str, top: str, steps: Sequence[str]) -> Netlist:
        """Return *text* after yosys has read it, run *steps*, and written it."""
        Path("synthesis.v").write_text(text, encoding="utf-8", errors="replace")
        head = ["read_verilog -sv synthesis.v", f"hierarchy -check -top {top}"]
        tail = ["opt_clean", "select -assert-none t:$print", f"write_verilog -noattr {_COPY}", ""]
        Path("synthesis.ys").write_text("\n".join([*head, *steps, *tail]), encoding="utf-8")
        Path(_COPY).unlink(missing_ok=True)
        ended = run_yosys(self.yosys, "synthesis.ys", self.limits)
        if ended.exit_code != 0 or not Path(_COPY).is_file():
            lines = ended.output.strip().splitlines()
            return Netlist("", f"yosys cannot read it: {lines[-1][:160] if lines else ended.exit_code}")
        return Netlist(_of_bits(Path(_COPY).read_text(encoding="utf-8", errors="replace")), "")


@lru_cache(maxsize=4)
def _plain(writer: _Writer, text: str, top: str, steps: tuple[str, ...]) -> Netlist:
    """Return the copy that every reading of one design begins with, which yosys writes once."""
    return writer.written(text, top, steps)


def _of_bits(copy: str) -> str:
    """Return *copy* with comparisons of bits only, as in hardware, where no bit is x."""
    copy = re.sub(r"= [^=;\n]+ ([!=])== \d+'[hb]x+;", lambda each: f"= 1'b{int(each[1] == '!')};", copy)
    return copy.replace(" === ", " == ").replace(" !== ", " != ")


def _plainly(reading: SynthesisChoice, *, alone: bool) -> tuple[str, ...]:
    """Return the yosys steps of a plain copy; one beside others is flattened, so that each module is defined once."""
    return ("proc -norom",) if alone and not reading.at_edge else ("proc -norom", "flatten")


def _filling(text: str, unknown: str) -> list[str]:
    """Return steps that set unknown bits to *unknown*; random values depend on the design, which cannot be fitted."""
    seed = int.from_bytes(hashlib.sha256(text.encode(errors="replace")).digest()[:3], "big") + 1
    kind, number = unknown.rstrip("1234"), unknown.removeprefix("random")
    value = f"-random {seed + int(number)}" if kind == "random" else f"-{unknown}"
    return ["proc -norom", f"setundef -undriven {value}", f"setundef -init {value}"]


_LATCH = re.compile(r"^(?P<head>\s*always @\*)(?=\s*if \()", re.MULTILINE)


def _settled(copy: str) -> Netlist:
    """Delay the latches of *copy* by `#0`: after all combinational logic, and before any non-blocking assignment."""
    text, latches = _LATCH.subn(r"\g<head> #0", copy)
    return Netlist(text, "") if latches else Netlist("", "it has no latches")


_EDGES = re.compile(r"^(?P<indent>\s*)always @\((?P<list>(?:pos|neg)edge [^\n]*)\)[ \t]*$", re.MULTILINE)
_EDGE = re.compile(r"(?P<kind>pos|neg)edge (?P<name>\\\S+ |[\w$]+)")


def _at_edge(copy: str, top: str) -> Netlist:
    """Wrap *copy* in a module that wakes at the clock as the design did, and holds the inputs while registers load."""
    module = module_of(copy, top)
    edges = dict.fromkeys(
        match.groups() for each in _EDGES.finditer(copy) for match in _EDGE.finditer(each["list"])
    )
    if module is None or any(port.direction not in _WAYS or port.width is None for port in module.ports):
        return Netlist("", "ports that cannot be held")
    inputs = {port.name for port in module.ports if port.direction == "input"}
    woken = {name: [kind for kind, other in edges if other == name] for _, name in edges if name in inputs}
    if not woken:
        return Netlist("", "no input is a clock")
    raw = ", ".join(f"{_RAW}{name}" for name in woken)
    inner = _EDGES.sub(lambda each: _delayed(each, frozenset(woken)), copy)
    inner, found = re.subn(
        rf"^module {re.escape(top)}\((.*?)\);",
        lambda head: f"module {top}{_INNER}({raw}, {head[1]});\n  input {raw};",
        inner,
        count=1,
        flags=re.MULTILINE | re.DOTALL,
    )
    if not found:
        return Netlist("", "the copy has no such module")
    return Netlist(inner + _holding(module, woken), "")


_WAYS = frozenset({"input", "output"})
_RAW, _INNER = "ct_raw_", "_ct_copy"


def _delayed(each: re.Match[str], woken: frozenset[str]) -> str:
    """Delay the registers by `#0` until their inputs have settled; that is still before any non-blocking assignment."""
    listed = _EDGE.sub(
        lambda edge: f"{edge['kind']}edge {_RAW if edge['name'] in woken else ''}{edge['name']}", each["list"]
    )
    return f"{each['indent']}always @({listed}) #0"


def _holding(module: Module, woken: dict[str, list[str]]) -> str:
    """Return the top module: it samples every input when an edge wakes it, and releases them when registers are
    loaded.

    A reset that becomes active with the edge always counts, since registers would wake at its own edge too.
    """
    inputs = [port for port in module.ports if port.direction == "input"]
    lines = [f"module {module.name}({', '.join(port.name for port in module.ports)});"]
    lines += [f"  {port.direction} {port.dimension}{port.name};" for port in module.ports]
    lines += ["  reg ct_held = 0;", *(f"  reg {port.dimension}ct_seen_{port.name};" for port in inputs)]
    fed = [f".{_RAW}{name}({name})" for name in woken]
    for port in inputs:
        name, kinds = port.name, woken.get(port.name, [])
        joined = {1: f" {'|' if kinds == ['pos'] else '&'} {name}"}.get(len(kinds), "")
        value = name if len(kinds) > 1 else f"ct_held ? ct_seen_{name}{joined} : {name}"
        fed.append(f".{name}({value})")
    fed += [f".{port.name}({port.name})" for port in module.ports if port.direction == "output"]
    listed = ", ".join(f"{kind}edge {name}" for name, kinds in woken.items() for kind in kinds)
    taken = " ".join(f"ct_seen_{port.name} = {port.name};" for port in inputs)
    lines += [f"  {module.name}{_INNER} ct_copy({', '.join(fed)});"]
    # Processes that wait for the clock must wait again at once, as in the design, to keep their order of execution.
    lines += [f"  always @({listed}) begin {taken} ct_held = 1; end"]
    lines += ["  always @(posedge ct_held) begin #0; #0 ct_held = 0; end", "endmodule", ""]
    return "\n".join(lines)
