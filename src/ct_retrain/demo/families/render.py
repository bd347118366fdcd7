"""Turns a sketch into a task: adds module name, clock, reset and wording, and writes the golden RTL."""

from dataclasses import dataclass
from random import Random

from ct_retrain.demo.families.task import Family, Port, Sketch, Task
from ct_retrain.demo.families.words import CLOCKS, module_name


@dataclass(frozen=True, slots=True)
class _Clocking:
    clock: str
    reset: str = ""
    active_low: bool = False
    asynchronous: bool = False
    words: str = ""

    @property
    def ports(self) -> tuple[Port, ...]:
        return tuple((name, 1) for name in (self.clock, self.reset) if name)

    @property
    def sensitivity(self) -> str:
        edge = f" or {'neg' if self.active_low else 'pos'}edge {self.reset}" if self.asynchronous else ""
        return f"posedge {self.clock}{edge}"

    @property
    def active(self) -> str:
        return f"!{self.reset}" if self.active_low else self.reset


def draw_task(family: Family, rng: Random) -> Task:
    """Draw one task of *family*."""
    sketch = family.draw(rng)
    clocking = _draw_clocking(rng, sketch)
    inputs = clocking.ports + sketch.inputs if clocking else sketch.inputs
    name = _fresh_name(rng, (*inputs, *sketch.outputs))
    return Task(
        family=family.name,
        key=f"{family.name}/{sketch.parameter}",
        category=family.category,
        instruction=_instruction(rng, sketch, name, clocking),
        rtl=_header(name, inputs, sketch) + sketch.declarations + _always(sketch, clocking) + sketch.wires
        + "endmodule\n",
        module=name,
        inputs=inputs,
        outputs=sketch.outputs,
        clock=clocking.clock if clocking else "",
        reset=clocking.reset if clocking else "",
        reset_active_low=clocking.active_low if clocking else False,
    )  # fmt: skip


def bit_range(width: int) -> str:
    """Write the packed range of a port, with a space after it; nothing for a single bit."""
    return f"[{width - 1}:0] " if width > 1 else ""


def article(width: int) -> str:
    """Return the article for *width* as read aloud."""
    return "an" if str(width).startswith("8") or width in {11, 18} else "a"


def _draw_clocking(rng: Random, sketch: Sketch) -> _Clocking | None:
    if not sketch.on_clock:
        return None
    clock = rng.choice(CLOCKS)
    if not sketch.on_reset:
        return _Clocking(clock)
    kind = rng.choice(("synchronous", "synchronous", "high", "low"))
    if kind == "synchronous":
        words = rng.choice(("synchronous reset", "synchronous active-high reset"))
        return _Clocking(clock, rng.choice(("rst", "reset")), words=words)
    low = kind == "low"
    words = rng.choice((f"asynchronous active-{kind} reset", f"active-{kind} asynchronous reset"))
    return _Clocking(
        clock,
        rng.choice(("rst_n", "reset_n") if low else ("rst", "arst")),
        low,
        asynchronous=True,
        words=words,
    )


def _instruction(rng: Random, sketch: Sketch, name: str, clocking: _Clocking | None) -> str:
    verb = rng.choice(("Design", "Implement", "Create", "Write Verilog for", "Build", "I need"))
    reset = f" with {clocking.words}" if clocking and clocking.words else ""
    inputs = clocking.ports + sketch.inputs if clocking else sketch.inputs
    ports = [f"input {bit_range(width)}{port}" for port, width in inputs]
    ports += [f"output {bit_range(width)}{port}" for port, width in sketch.outputs]
    call = rng.choice((f"Module name: {name}.", f"Name the module {name}.", f"Call it {name}."))
    return f"{verb} {sketch.what}{reset}{sketch.also}. {call} Ports: {', '.join(ports)}."


def _header(name: str, inputs: tuple[Port, ...], sketch: Sketch) -> str:
    ports = [f"  input {bit_range(width)}{port}" for port, width in inputs]
    for port, width in sketch.outputs:
        storage = "reg " if port in sketch.registers else ""
        ports.append(f"  output {storage}{bit_range(width)}{port}")
    return f"module {name}(\n" + ",\n".join(ports) + "\n);\n"


def _always(sketch: Sketch, clocking: _Clocking | None) -> str:
    if clocking is None:
        return ""
    head = f"  always @({clocking.sensitivity})\n"
    if not clocking.reset:
        return f"{head}    {sketch.on_clock}\n"
    return f"{head}    if ({clocking.active}) {sketch.on_reset}\n    else {sketch.on_clock}\n"


def _fresh_name(rng: Random, ports: tuple[Port, ...]) -> str:
    taken = {port for port, _ in ports}
    while True:
        name = module_name(rng)
        if name not in taken:
            return name
