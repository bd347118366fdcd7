"""Building blocks: specs that spell out their RTL, so that mainline learns the syntax in general.

A missing family is a named composition of these; nights then only have to learn the name.
"""

from random import Random

from ct_retrain.demo.families.counters import draw_enable
from ct_retrain.demo.families.render import article, bit_range
from ct_retrain.demo.families.task import Family, Sketch

from .vocabulary import lexicon, port_names, state_names


def block_families() -> tuple[Family, ...]:
    """List the building blocks, in the proportions they are trained in."""
    expression = Family("expression", "logic", _expression)
    hidden = Family("hidden_register", "register", _hidden_register)
    update = Family("update", "register", _update)
    states = Family("state_skeleton", "fsm", _state_skeleton)
    modes = Family("mode_register", "register", _mode_register)
    return (
        Family("stub", "logic", _stub),
        Family("comment", "logic", _comment),
        states, states, states, modes, modes, expression, expression, hidden, hidden, hidden, update, update,
    )  # fmt: skip


def _token(rng: Random) -> str:
    return f"{rng.randrange(10**6)}"


def _stub(rng: Random) -> Sketch:
    count = rng.randint(2, 5)
    ports = [(name, 1 if rng.random() < 0.4 else rng.randint(2, 64)) for name in port_names(rng, count)]
    cut = count - (1 if count < 4 else rng.randint(1, 2))
    wires = "".join(f"  assign {name} = 0;\n" for name, _ in ports[cut:])
    what = f"{rng.choice(('an empty module', 'a stub'))} with outputs tied to 0"
    return Sketch(_token(rng), what, tuple(ports[:cut]), tuple(ports[cut:]), wires=wires)


def _comment(rng: Random) -> Sketch:
    words = " ".join(rng.choice(lexicon()) for _ in range(rng.randint(2, 6)))
    (x,) = port_names(rng, 1, ("y", "q", "out"))
    y, width = rng.choice(("y", "q", "out")), rng.choice((1, rng.randint(2, 32)))
    what = f"a pass-through with the comment {words}"
    return Sketch(
        _token(rng), what, ((x, width),), ((y, width),), wires=f"  // {words}\n  assign {y} = {x};\n"
    )


def _state_skeleton(rng: Random) -> Sketch:
    """Draw a state register without reset, whose last state returns to the first unconditionally."""
    names = state_names(rng, rng.randint(2, 4))
    *moves, y = port_names(rng, len(names))
    steps = list(zip(names, names[1:], moves, strict=False))
    spoken = ", ".join(f"{source} to {target} on {move}" for source, target, move in steps)
    cases = "".join(f"      {source}: if ({move}) state <= {target};\n" for source, target, move in steps)
    shown = rng.choice(names)
    constants = ", ".join(f"{name} = {value}" for value, name in enumerate(names))
    return Sketch(
        _token(rng),
        f"a state register: {spoken}, then back to {names[0]}, {y} is 1 in {shown}",
        tuple((move, 1) for move in moves),
        ((y, 1),),
        declarations=f"  localparam {constants};\n  reg {bit_range((len(names) - 1).bit_length())}state;\n",
        on_clock=f"case (state)\n{cases}      default: state <= {names[0]};\n    endcase",
        wires=f"  assign {y} = state == {shown};\n",
    )


def _mode_register(rng: Random) -> Sketch:
    first, second = state_names(rng, 2)
    go, back, on = port_names(rng, 3, ("mode",))
    return Sketch(
        _token(rng),
        f"a mode flag with modes {first} and {second}",
        ((go, 1), (back, 1)),
        ((on, 1),),
        declarations=f"  localparam {first} = 0, {second} = 1;\n  reg mode;\n",
        on_reset=f"mode <= {first};",
        on_clock=f"if ({go}) mode <= {second};\n    else if ({back}) mode <= {first};",
        wires=f"  assign {on} = mode == {second};\n",
        also=f": {go} selects {second}, {back} selects {first}, {on} is 1 in {second}",
    )


def _expression(rng: Random) -> Sketch:
    width, (left, right) = rng.randint(3, 24), port_names(rng, 2, ("y",))
    value = _value(rng, left, right, width)
    what = f"{rng.choice(('logic', 'a circuit'))} where y is {value}"
    return Sketch(
        _token(rng), what, ((left, width), (right, width)), (("y", width),), wires=f"  assign y = {value};\n"
    )


def _update(rng: Random) -> Sketch:
    width, (left,) = rng.randint(3, 24), port_names(rng, 1, ("q",))
    value, start = _value(rng, rng.choice((left, "q")), left, width), _constant(rng)
    guard = rng.choice(
        ("", f"{left}[0]", f"~&{left}", f"q < {rng.randint(2, 60)}", f"{left}[{rng.randint(1, width - 1)}]")
    )
    condition = f"if ({guard}) " if guard else ""
    when = f" when {guard}" if guard else ""
    return Sketch(
        _token(rng),
        "a register",
        ((left, width),),
        (("q", width),),
        ("q",),
        on_reset=f"q <= {start};",
        on_clock=f"{condition}q <= {value};",
        also=f" where q becomes {value}{when}, reset to {start}",
    )


def _hidden_register(rng: Random) -> Sketch:
    hidden, width = rng.choice(("b", "h", "c", "r", "m", "n")), rng.randint(2, 16)
    x, y = port_names(rng, 2, (hidden,))
    ports, guard, also = draw_enable(rng)
    taken = {x, y, *(name for name, _ in ports)}
    if len(taken) < 2 + len(ports):
        return _hidden_register(rng)
    step = rng.choice(
        (f"{hidden} + 1", f"{hidden} - 1", f"{{{hidden}[{width - 2}:0], {x}}}", f"{hidden} ^ {x}", x)
    )
    value = _value(rng, hidden, hidden, width)
    return Sketch(
        _token(rng),
        f"{article(width)} {width}-bit hidden register {hidden}",
        (*ports, (x, 1)),
        ((y, rng.choice((1, width))),),
        declarations=f"  reg {bit_range(width)}{hidden};\n",
        on_reset=f"{hidden} <= 0;",
        on_clock=f"{guard}{hidden} <= {step};",
        wires=f"  assign {y} = {value};\n",
        also=f"{also} where {hidden} becomes {step} and {y} is {value}",
    )


def _constant(rng: Random) -> str:
    return rng.choice(("0", "0", f"{rng.randint(0, 15)}", _literal(rng)))


def _literal(rng: Random) -> str:
    width = rng.randint(3, 6)
    return f"{width}'h{rng.randrange(2**width):x}"


def _value(rng: Random, left: str, right: str, width: int) -> str:
    high, low, shift = rng.randint(1, width - 1), rng.randint(0, width - 2), rng.randint(1, 4)
    choices = (
        f"{left} {rng.choice('&|^+-')} {right}",
        f"~({left} {rng.choice('&|^')} {right})",
        f"{left} {rng.choice(('<<', '>>'))} {shift}",
        f"{left} {rng.choice('&|^+')} ({right} {rng.choice(('<<', '>>'))} {shift})",
        f"{{{left}[{low}:0], {rng.choice(('', '~'))}{right}[{high}]}}",
        f"{{{rng.choice(('', '~'))}{right}[0], {left}[{width - 1}:{high}]}}",
        f"{rng.choice(('^', '~^', '&', '~&', '|'))}{left}",
        f"{left} {rng.choice(('==', '!=', '<', '>'))} {right}",
        f"{left} {rng.choice(('==', '<'))} {_constant(rng)}",
        f"{left} == {_literal(rng)}",
        f"{left} + {rng.randint(1, 15)}",
        f"~{left}[{high}]",
    )
    return rng.choice(choices)
