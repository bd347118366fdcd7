"""Counters that the embedded mainline writes."""

from random import Random

from ct_retrain.demo.families.render import article
from ct_retrain.demo.families.task import Family, Port, Sketch
from ct_retrain.demo.families.words import DATA, ENABLES, REGISTERED


def counter_families() -> tuple[Family, ...]:
    """List the counters, simplest first."""
    return (
        Family("up_counter", "counter", _up),
        Family("down_counter", "counter", _down),
        Family("load_counter", "counter", _load),
        Family("up_down_counter", "counter", _up_down),
        Family("modulo_counter", "counter", _modulo),
        Family("ring_counter", "shift", _ring),
    )


def draw_enable(rng: Random) -> tuple[tuple[Port, ...], str, str]:
    """Draw an enable half of the time: its port, the guard before a statement, and the words for it."""
    if rng.random() < 0.5:
        return (), "", ""
    enable = rng.choice(ENABLES)
    return ((enable, 1),), f"if ({enable}) ", " and enable"


def _up(rng: Random) -> Sketch:
    width, q = rng.randint(2, 32), rng.choice(REGISTERED)
    what = rng.choice((f"{article(width)} {width}-bit counter", f"{article(width)} {width}-bit up counter"))
    return _counting(rng, width, q, what, f"{q} <= {q} + 1;")


def _down(rng: Random) -> Sketch:
    width, q = rng.randint(2, 32), rng.choice(REGISTERED)
    return _counting(rng, width, q, f"{article(width)} {width}-bit down counter", f"{q} <= {q} - 1;")


def _counting(rng: Random, width: int, q: str, what: str, step: str) -> Sketch:
    ports, guard, also = draw_enable(rng)
    return Sketch(
        f"{width}", what, ports, ((q, width),), (q,), on_reset=f"{q} <= 0;", on_clock=guard + step, also=also
    )


def _load(rng: Random) -> Sketch:
    width, q = rng.randint(2, 32), rng.choice(REGISTERED)
    load, data = rng.choice(("load", "ld")), rng.choice(DATA)
    ports, guard, also = draw_enable(rng)
    return Sketch(
        f"{width}",
        rng.choice((f"{article(width)} {width}-bit counter with load", f"{article(width)} {width}-bit loadable counter")),
        (*ports, (load, 1), (data, width)),
        ((q, width),),
        (q,),
        on_reset=f"{q} <= 0;",
        on_clock=f"if ({load}) {q} <= {data};\n    else {guard}{q} <= {q} + 1;",
        also=also,
    )  # fmt: skip


def _up_down(rng: Random) -> Sketch:
    width, q, up = rng.randint(2, 32), rng.choice(REGISTERED), rng.choice(("up", "dir", "up_down"))
    ports, guard, also = draw_enable(rng)
    return Sketch(
        f"{width}",
        f"{article(width)} {width}-bit up/down counter",
        (*ports, (up, 1)),
        ((q, width),),
        (q,),
        on_reset=f"{q} <= 0;",
        on_clock=f"{guard}{q} <= {up} ? {q} + 1 : {q} - 1;",
        also=also,
    )


def _modulo(rng: Random) -> Sketch:
    last, q = rng.randint(2, 59), rng.choice(REGISTERED)
    ports, guard, also = draw_enable(rng)
    return Sketch(
        f"{last}",
        rng.choice((f"a counter that wraps after {last}", f"a counter from 0 to {last}")),
        ports,
        ((q, last.bit_length()),),
        (q,),
        on_reset=f"{q} <= 0;",
        on_clock=f"{guard}{q} <= {q} == {last} ? 0 : {q} + 1;",
        also=also,
    )


def _ring(rng: Random) -> Sketch:
    width, q = rng.randint(3, 16), rng.choice(("q", "ring", "out"))
    ports, guard, also = draw_enable(rng)
    return Sketch(
        f"{width}",
        f"{article(width)} {width}-bit ring counter",
        ports,
        ((q, width),),
        (q,),
        on_reset=f"{q} <= 1;",
        on_clock=f"{guard}{q} <= {{{q}[{width - 2}:0], {q}[{width - 1}]}};",
        also=also,
    )
