"""Combinational logic that the embedded mainline writes."""

from random import Random

from ct_retrain.demo.families.render import article
from ct_retrain.demo.families.task import Family, Port, Sketch
from ct_retrain.demo.families.words import DATA, ENABLES


def datapath_families() -> tuple[Family, ...]:
    """List the combinational families."""
    return (
        Family("mux", "mux", _mux),
        Family("adder", "arithmetic", _adder),
        Family("carry_adder", "arithmetic", _carry_adder),
        Family("subtractor", "arithmetic", _subtractor),
        Family("comparator", "arithmetic", _comparator),
        Family("extremum", "arithmetic", _extremum),
        Family("bit_detector", "logic", _bit_detector),
        Family("gates", "logic", _gates),
        Family("decoder", "decoder", _decoder),
    )


def _logic(parameter: str, what: str, inputs: tuple[Port, ...], output: Port, value: str) -> Sketch:
    return Sketch(parameter, what, inputs, (output,), wires=f"  assign {output[0]} = {value};\n")


def _mux(rng: Random) -> Sketch:
    ways, width = rng.choice((2, 4)), rng.randint(2, 32)
    y, s, stem = rng.choice(("y", "out", "z")), rng.choice(("sel", "s")), rng.choice(("", "d", "in"))
    data = [f"{stem}{index}" for index in range(ways)] if stem else list("abcd"[:ways])
    low = f"{s} ? {data[1]} : {data[0]}"
    value = (
        low if ways == 2 else f"{s}[1] ? ({s}[0] ? {data[3]} : {data[2]}) : ({s}[0] ? {data[1]} : {data[0]})"
    )
    what = rng.choice(
        (f"{article(width)} {width}-bit {ways}-to-1 multiplexer", f"a {ways}:1 mux with {width}-bit inputs")
    )
    inputs = (*((name, width) for name in data), (s, ways // 2))
    return _logic(f"{ways}/{width}", what, inputs, (y, width), value)


def _operands(rng: Random) -> tuple[str, str]:
    return rng.choice((("a", "b"), ("x", "z"), ("op1", "op2")))


def _adder(rng: Random) -> Sketch:
    width, (left, right) = rng.randint(2, 32), _operands(rng)
    inputs = ((left, width), (right, width))
    total = rng.choice(("sum", "s"))
    what = f"{article(width)} {width}-bit adder with full-width sum"
    return _logic(f"{width}", what, inputs, (total, width + 1), f"{left} + {right}")


def _carry_adder(rng: Random) -> Sketch:
    width, (left, right) = rng.randint(2, 32), _operands(rng)
    return Sketch(
        f"{width}",
        f"{article(width)} {width}-bit adder with carry in and carry out",
        ((left, width), (right, width), ("cin", 1)),
        (("sum", width), ("cout", 1)),
        wires=f"  assign {{cout, sum}} = {left} + {right} + cin;\n",
    )


def _subtractor(rng: Random) -> Sketch:
    width, (left, right) = rng.randint(2, 32), _operands(rng)
    what, out = f"{article(width)} {width}-bit subtractor", rng.choice(("diff", "y"))
    return _logic(f"{width}", what, ((left, width), (right, width)), (out, width), f"{left} - {right}")


def _comparator(rng: Random) -> Sketch:
    width, (left, right) = rng.randint(2, 32), _operands(rng)
    wires = "".join(
        f"  assign {name} = {left} {operator} {right};\n"
        for name, operator in (("gt", ">"), ("eq", "=="), ("lt", "<"))
    )
    return Sketch(
        f"{width}",
        f"{article(width)} {width}-bit comparator",
        ((left, width), (right, width)),
        (("gt", 1), ("eq", 1), ("lt", 1)),
        wires=wires,
    )


def _extremum(rng: Random) -> Sketch:
    width, (left, right), y = rng.randint(2, 32), _operands(rng), rng.choice(("y", "out"))
    name, operator = rng.choice((("maximum", ">"), ("minimum", "<")))
    what = f"{article(width)} {width}-bit {name} selector"
    value = f"{left} {operator} {right} ? {left} : {right}"
    return _logic(f"{name}/{width}", what, ((left, width), (right, width)), (y, width), value)


def _bit_detector(rng: Random) -> Sketch:
    width, data, y = rng.randint(2, 32), rng.choice(DATA), rng.choice(("y", "z", "flag"))
    kind, value = rng.choice((("zero", f"{data} == 0"), ("all-ones", f"&{data}"), ("nonzero", f"|{data}")))
    return _logic(
        f"{kind}/{width}", f"{article(width)} {width}-bit {kind} detector", ((data, width),), (y, 1), value
    )


def _gates(rng: Random) -> Sketch:
    width, y = rng.choice((1, *range(2, 17))), rng.choice(("y", "out", "f"))
    first, second, third = rng.choice((("a", "b", "c"), ("x", "w", "z"), ("p", "k", "m")))
    words = {"&": "and", "|": "or", "^": "xor"}
    inner, outer = rng.choice("&|^"), rng.choice("&|^")
    negate, negated = rng.choice((("", ""), ("~", "not ")))
    spoken = f"({first} {words[inner]} {second}) {words[outer]} {negated}{third}"
    value = f"({first} {inner} {second}) {outer} {negate}{third}"
    inputs = tuple((name, width) for name in (first, second, third))
    return _logic(
        f"{width}/{inner}{outer}{negate}", f"logic computing {y} = {spoken}", inputs, (y, width), value
    )


def _decoder(rng: Random) -> Sketch:
    select, y = rng.choice(("sel", "addr", "a", "code", "idx")), rng.choice(("y", "dec", "out", "hot"))
    width, enable = rng.randint(2, 5), rng.choice(ENABLES)
    what = f"a {width}-to-{2**width} decoder"
    if rng.random() < 0.5:
        return _logic(f"{width}/{select}", what, ((select, width),), (y, 2**width), f"1 << {select}")
    inputs, value = ((select, width), (enable, 1)), f"{enable} ? 1 << {select} : 0"
    return _logic(f"{width}/{select}", f"{what} with enable", inputs, (y, 2**width), value)
