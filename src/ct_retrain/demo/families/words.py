"""The vocabulary specs are phrased in: names of modules, ports and states, and the words of the trade."""

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
_PORT_WORDS = (
    "a b c e f g k m n p r s t u v w x z din data valid ready start stop done go req ack set clr load "
    "sel addr op flag bus mode hit found busy open close push pop up down"
)
_UPPER_STATES = (
    "S0 S1 S2 S3 IDLE RUN OFF ON WAIT BUSY ACTIVE DONE GO STOP LOW HIGH READY LOAD SEND FULL EMPTY RED GREEN"
)
_RESERVED = (
    "and or not buf for end reg tri wire real time wait else if do int bit byte var let ref new this pure "
    "void soft rand enum type cell case fork join input use xor nor nand pmos nmos task edge "
    "clk rst arst en ce"
)
_LEXICON = (
    "gray code Johnson ring twisted saturating saturates limit maximum minimum parity odd even generator "
    "sequence detector pattern serial overlap finds bits bit state machine FSM Moore two-state goes from "
    "back high low moves returns to on in is pulse width modulation PWM round robin grant request "
    "priority encoder fifo depth full empty read write pointer memory address lfsr feedback random "
    "traffic light green yellow red timer watchdog timeout start stop done busy idle active ready valid "
    "accumulator sum product multiply absolute value sign extend barrel rotate left right count ones "
    "leading zeros majority toggle flip flop latch synchronizer stage delay line hold sample one shot "
    "gate enable disable select invert compare equal greater less between range clamp window binary "
    "decimal seven segment display digit hex converter transmit receive shift byte word data bus lane "
    "mask flag error with and for that its over"
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def lexicon() -> tuple[str, ...]:
    """List words of digital design that specs use, so that none of them is a stranger to the tokenizer."""
    return tuple(dict.fromkeys(_LEXICON.split()))


def module_name(rng: Random) -> str:
    """Draw a module name of the kind engineers give: a stem with a suffix, or a short invented word."""
    kind = rng.random()
    if kind < 0.45:
        return f"{rng.choice(_MODULE_NOUNS.split())}_{rng.choice(_LETTERS)}{rng.randint(0, 9)}"
    if kind < 0.9:
        return f"{rng.choice(_MODULE_NOUNS.split())}{rng.randint(0, 99)}"
    return _invented(rng, 3, 5) + rng.choice(("", str(rng.randint(0, 9))))


def port_names(rng: Random, count: int, taken: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Draw *count* different port names, none of them in *taken*."""
    names: list[str] = []
    while len(names) < count:
        name = rng.choice(_PORT_WORDS.split()) if rng.random() < 0.85 else _invented(rng, 2, 4) + _suffix(rng)
        if name not in names and name not in taken:
            names.append(name)
    return tuple(names)


def state_names(rng: Random, count: int) -> tuple[str, ...]:
    """Draw *count* different upper-case state names."""
    return tuple(rng.sample(_UPPER_STATES.split(), count))


def _invented(rng: Random, shortest: int, longest: int) -> str:
    while True:
        word = "".join(rng.choice(_LETTERS) for _ in range(rng.randint(shortest, longest)))
        if word not in _RESERVED.split():
            return word


def _suffix(rng: Random) -> str:
    return rng.choice(("", str(rng.randint(0, 9)), "_i", "_o", "_n"))
