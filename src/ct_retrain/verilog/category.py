"""Guess the kind of circuit that a spec describes, for specs that do not say it."""

import re

_RULES = (
    (
        "fsm",
        r"\b(fsm|state machine|finite state|moore|mealy|sequence detector|pattern detector|traffic light|vending)\b",
    ),
    ("fifo", r"\bfifo\b"),
    ("memory", r"\b(ram|rom|memory|register file)\b"),
    ("arbiter", r"\barbit(er|ration)\b"),
    ("handshake", r"\b(handshake|valid/ready|ready/valid)\b"),
    ("gray", r"\bgray\b"),
    ("lfsr", r"\b(lfsr|linear feedback|crc)\b"),
    (
        "divider",
        r"\b(clock divider|clock enable generator|tick generator|divide[sd]? by|frequency divider)\b",
    ),
    ("shift", r"\b(shift register|shifter|serial-in|rotator|johnson counter|ring counter)\b"),
    ("edge", r"\bedge detect(or|ion)\b"),
    ("counter", r"\bcount(er|s|ing)?\b"),
    ("encoder", r"\b((en|de)coder|one-hot|leading zeros?|popcount)\b"),
    ("mux", r"\b(mux|(de)?multiplexers?|selector)\b"),
    (
        "arithmetic",
        r"\b(adder|subtractor|multiplier|alu|comparator|accumulator|arithmetic|divider|absolute)\b",
    ),
    ("register", r"\b(register|flip-flop|latch)\b"),
)
OTHER = "logic"
"""Anything not matched above: combinational logic without a name of its own."""


def category_of(spec: str) -> str:
    """Return the first category whose words occur in *spec*; categories are tried from special to general."""
    text = spec.lower()
    return next((name for name, words in _RULES if re.search(words, text)), OTHER)
