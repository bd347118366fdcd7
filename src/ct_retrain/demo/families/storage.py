"""Registers, shifters, flags and timing logic that the embedded mainline writes."""

from random import Random

from ct_retrain.demo.families.counters import draw_enable
from ct_retrain.demo.families.render import article, bit_range
from ct_retrain.demo.families.task import Family, Sketch
from ct_retrain.demo.families.words import DATA


def storage_families() -> tuple[Family, ...]:
    """List the clocked families that are not counters."""
    return (
        Family("register", "register", _register),
        Family("shift_register", "shift", _shift_register),
        Family("toggle", "register", _toggle),
        Family("set_clear_flag", "register", _set_clear_flag),
        Family("accumulator", "arithmetic", _accumulator),
        Family("edge_detector", "edge", _edge_detector),
        Family("tick_generator", "divider", _tick_generator),
        Family("pwm", "divider", _pwm),
    )


def _register(rng: Random) -> Sketch:
    width, q, data = rng.randint(2, 32), rng.choice(("q", "out", "dout")), rng.choice(DATA)
    ports, guard, also = draw_enable(rng)
    what = f"{article(width)} {width}-bit {rng.choice(('register', 'data register'))}"
    return Sketch(
        f"{width}", what, (*ports, (data, width)), ((q, width),), (q,),
        on_reset=f"{q} <= 0;", on_clock=f"{guard}{q} <= {data};", also=also,
    )  # fmt: skip


def _shift_register(rng: Random) -> Sketch:
    width, q = rng.randint(3, 24), rng.choice(("q", "out", "dout"))
    serial, side = rng.choice(("si", "sin", "ser_in", "d")), rng.choice(("left", "right"))
    ports, guard, also = draw_enable(rng)
    what = rng.choice(
        (f"{width}-bit {side} shift register", f"{width}-bit shift register that shifts {side}")
    )
    shifted = f"{{{q}[{width - 2}:0], {serial}}}" if side == "left" else f"{{{serial}, {q}[{width - 1}:1]}}"
    return Sketch(
        f"{side}/{width}", f"{article(width)} {what}", (*ports, (serial, 1)), ((q, width),), (q,),
        on_reset=f"{q} <= 0;", on_clock=f"{guard}{q} <= {shifted};", also=also,
    )  # fmt: skip


def _toggle(rng: Random) -> Sketch:
    toggle, q = rng.choice(("t", "tog", "flip", "inv")), rng.choice(("q", "out", "state", "y", "z"))
    what = rng.choice(("a toggle flip-flop", "a T flip-flop"))
    return Sketch(
        toggle + q,
        what,
        ((toggle, 1),),
        ((q, 1),),
        (q,),
        on_reset=f"{q} <= 0;",
        on_clock=f"if ({toggle}) {q} <= ~{q};",
    )


def _set_clear_flag(rng: Random) -> Sketch:
    raise_, clear = rng.choice((("set", "clr"), ("s", "r"), ("on", "off"), ("start", "stop")))
    q = rng.choice(("q", "flag", "run", "y"))
    return Sketch(
        raise_ + q,
        rng.choice(("a set/clear flip-flop", "a set-clear flag")),
        ((raise_, 1), (clear, 1)),
        ((q, 1),),
        (q,),
        on_reset=f"{q} <= 0;",
        on_clock=f"if ({raise_}) {q} <= 1;\n    else if ({clear}) {q} <= 0;",
    )


def _accumulator(rng: Random) -> Sketch:
    width, q, data = rng.randint(2, 32), rng.choice(("acc", "q", "sum")), rng.choice(DATA)
    ports, guard, also = draw_enable(rng)
    return Sketch(
        f"{width}", f"{article(width)} {width}-bit accumulator", (*ports, (data, width)), ((q, width),), (q,),
        on_reset=f"{q} <= 0;", on_clock=f"{guard}{q} <= {q} + {data};", also=also,
    )  # fmt: skip


def _edge_detector(rng: Random) -> Sketch:
    kind, width = rng.choice(("rising", "falling", "dual")), rng.choice((1, 1, 1, *range(2, 17)))
    x, y = rng.choice(("a", "sig", "din", "x")), rng.choice(("pulse", "y", "edge_o", "tick"))
    seen = {"rising": f"{x} & ~prev", "falling": f"~{x} & prev", "dual": f"{x} ^ prev"}[kind]
    wide = f"{width}-bit " if width > 1 else ""
    return Sketch(
        f"{kind}/{width}/{x}" if width == 1 else f"{kind}/{width}",
        f"a {wide}{kind} edge detector",
        ((x, width),),
        ((y, width),),
        declarations=f"  reg {bit_range(width)}prev;\n",
        on_reset="prev <= 0;",
        on_clock=f"prev <= {x};",
        wires=f"  assign {y} = {seen};\n",
    )


def _tick_generator(rng: Random) -> Sketch:
    period, tick = rng.randint(2, 60), rng.choice(("tick", "pulse", "tc"))
    return Sketch(
        f"{period}",
        rng.choice((f"a tick generator that pulses every {period} cycles", f"a clock divider by {period}")),
        (),
        ((tick, 1),),
        declarations="  reg [7:0] c;\n",
        on_reset="c <= 0;",
        on_clock=f"if ({tick}) c <= 0;\n    else c <= c + 1;",
        wires=f"  assign {tick} = c == {period - 1};\n",
    )


def _pwm(rng: Random) -> Sketch:
    width, out, duty = rng.randint(3, 16), rng.choice(("pwm", "out", "pwm_o")), rng.choice(("duty", "level"))
    return Sketch(
        f"{width}",
        f"{article(width)} {width}-bit PWM generator",
        ((duty, width),),
        ((out, 1),),
        declarations=f"  reg {bit_range(width)}c;\n",
        on_reset="c <= 0;",
        on_clock="c <= c + 1;",
        wires=f"  assign {out} = c < {duty};\n",
    )
