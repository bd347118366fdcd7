"""Vocabulary of specs: names of modules, ports and states, and technical terms."""

from random import Random

CLOCKS = ("clk", "clk", "clk", "clock")
ENABLES = ("en", "en", "enable", "ce")
REGISTERED = ("q", "q", "count", "cnt", "out", "dout")
DATA = ("d", "din", "data", "value")
STATE_PAIRS = (
    ("IDLE", "RUN"),
    ("OFF", "ON"),
    ("WAIT", "BUSY"),
    ("LOW", "HIGH"),
    ("STOP", "GO"),
    ("EMPTY", "FULL"),
    ("READY", "BUSY"),
    ("IDLE", "ACTIVE"),
    ("RED", "GREEN"),
    ("LOAD", "SEND"),
)

_MODULE_NOUNS = "cnt reg shf mux add dec cmp div fsm gen det core unit blk stage node lane top"
_RESERVED = (
    "and or not buf for end reg tri wire real time wait else if do int bit byte var let ref new this pure "
    "void soft rand enum type cell case fork join input use xor nor nand pmos nmos task edge "
    "clk rst arst en ce"
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def module_name(rng: Random) -> str:
    """Draw a module name as engineers choose them: a stem with a suffix, or a short invented word."""
    kind = rng.random()
    if kind < 0.45:
        return f"{rng.choice(_MODULE_NOUNS.split())}_{rng.choice(_LETTERS)}{rng.randint(0, 9)}"
    if kind < 0.9:
        return f"{rng.choice(_MODULE_NOUNS.split())}{rng.randint(0, 99)}"
    return invented_word(rng, 3, 5) + rng.choice(("", str(rng.randint(0, 9))))


def invented_word(rng: Random, shortest: int, longest: int) -> str:
    """Draw *shortest* to *longest* letters that are not a Verilog keyword or the name of a clock or reset."""
    while True:
        word = "".join(rng.choice(_LETTERS) for _ in range(rng.randint(shortest, longest)))
        if word not in _RESERVED.split():
            return word
