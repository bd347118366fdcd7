"""Families that the embedded mainline has never seen, for the nights to learn."""

from random import Random

from ct_retrain.demo.families.counters import draw_enable
from ct_retrain.demo.families.render import article, bit_range
from ct_retrain.demo.families.task import Family, Sketch
from ct_retrain.demo.families.words import DATA, STATE_PAIRS


def missing_families() -> tuple[Family, ...]:
    """List the families in the order of the published tables."""
    return (
        Family("gray_counter", "gray", _gray_counter),
        Family("johnson_counter", "shift", _johnson_counter),
        Family("saturating_counter", "counter", _saturating_counter),
        Family("parity_generator", "parity", _parity_generator),
        Family("sequence_detector", "fsm", _sequence_detector),
        Family("two_state_fsm", "fsm", _two_state_fsm),
    )


def _gray_counter(rng: Random) -> Sketch:
    width, q = rng.randint(3, 64), rng.choice(("g", "gray", "q"))
    ports, guard, also = draw_enable(rng)
    return Sketch(
        f"{width}/{'enable' if ports else 'plain'}",
        f"{article(width)} {width}-bit {rng.choice(('Gray code counter', 'Gray counter'))}",
        ports,
        ((q, width),),
        declarations=f"  reg {bit_range(width)}b;\n",
        on_reset="b <= 0;",
        on_clock=f"{guard}b <= b + 1;",
        wires=f"  assign {q} = b ^ (b >> 1);\n",
        also=also,
    )


def _johnson_counter(rng: Random) -> Sketch:
    width, q, side = rng.randint(3, 24), rng.choice(("q", "out", "cnt")), rng.choice(("left", "right"))
    ports, guard, also = draw_enable(rng)
    name = rng.choice(("Johnson counter", "twisted ring counter"))
    shifted = f"{q}[{width - 2}:0], ~{q}[{width - 1}]" if side == "left" else f"~{q}[0], {q}[{width - 1}:1]"
    return Sketch(
        f"{side}/{width}/{'enable' if ports else 'plain'}",
        f"{article(width)} {width}-bit {name} that shifts {side}",
        ports,
        ((q, width),),
        (q,),
        on_reset=f"{q} <= 0;",
        on_clock=f"{guard}{q} <= {{{shifted}}};",
        also=also,
    )


def _saturating_counter(rng: Random) -> Sketch:
    limit, q = rng.randint(3, 75), rng.choice(("q", "cnt", "count"))
    what = rng.choice(("a saturating counter with limit", "a counter that saturates at"))
    ports, guard, also = draw_enable(rng)
    return Sketch(
        f"{limit}",
        f"{what} {limit}",
        ports,
        ((q, limit.bit_length()),),
        (q,),
        on_reset=f"{q} <= 0;",
        on_clock=f"{guard}{q} <= {q} < {limit} ? {q} + 1 : {q};",
        also=also,
    )


def _parity_generator(rng: Random) -> Sketch:
    width, data, y = rng.randint(3, 64), rng.choice(DATA), rng.choice(("p", "y", "parity"))
    kind, operator = rng.choice((("even", "^"), ("odd", "~^")))
    return Sketch(
        f"{kind}/{width}",
        rng.choice(
            (
                f"{article(width)} {width}-bit {kind} parity generator",
                f"{kind} parity logic for {width}-bit data",
            )
        ),
        ((data, width),),
        ((y, 1),),
        wires=f"  assign {y} = {operator}{data};\n",
    )


def _sequence_detector(rng: Random) -> Sketch:
    length = rng.randint(3, 7)
    pattern = rng.randrange(2 ** (length - 1), 2**length)
    x, y = rng.choice(("x", "din", "bit_in")), rng.choice(("found", "det", "hit"))
    return Sketch(
        f"{length}/{pattern}",
        f"a {rng.choice(('sequence', 'pattern'))} detector for {length}'h{pattern:x}",
        ((x, 1),),
        ((y, 1),),
        declarations=f"  reg {bit_range(length)}h;\n",
        on_reset="h <= 0;",
        on_clock=f"h <= {{h[{length - 2}:0], {x}}};",
        wires=f"  assign {y} = h == {length}'h{pattern:x};\n",
    )


def _two_state_fsm(rng: Random) -> Sketch:
    """Draw a two-state FSM; designs differ in the starting code, so none equals another up to names."""
    (rest, work), width, data = rng.choice(STATE_PAIRS), rng.randint(3, 6), rng.choice(DATA)
    code, back = f"{width}'h{rng.randrange(2**width):x}", rng.choice(("done", "stop", "clr", "ack"))
    y = rng.choice(("flag", "hit", "found"))
    return Sketch(
        code,
        f"a {rng.choice(('two-state', 'Moore'))} FSM with states {rest} and {work}",
        ((data, width), (back, 1)),
        ((y, 1),),
        declarations=f"  localparam {rest} = 0, {work} = 1;\n  reg state;\n",
        on_reset=f"state <= {rest};",
        on_clock=f"case (state)\n      {rest}: if ({data} == {code}) state <= {work};\n"
        f"      {work}: if ({back}) state <= {rest};\n    endcase",
        wires=f"  assign {y} = state == {work};\n",
        also=f": {data} {code} moves to {work}, {back} moves to {rest}, {y} is 1 in {work}",
    )
