"""The words that building blocks are named with, and those that the tokenizer has met before it meets a spec."""

from random import Random

from ct_retrain.demo.families.words import invented_word

_PORT_WORDS = (
    "a b c e f g k m n p r s t u v w x z din data valid ready start stop done go req ack set clr load "
    "sel addr op flag bus mode hit found busy open close push pop up down"
)
_UPPER_STATES = (
    "S0 S1 S2 S3 IDLE RUN OFF ON WAIT BUSY ACTIVE DONE GO STOP LOW HIGH READY LOAD SEND FULL EMPTY RED GREEN"
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


def lexicon() -> tuple[str, ...]:
    """List words of digital design that specs use, so that none of them is a stranger to the tokenizer."""
    return tuple(dict.fromkeys(_LEXICON.split()))


def port_names(rng: Random, count: int, taken: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Draw *count* different port names, none of them in *taken*."""
    names: list[str] = []
    while len(names) < count:
        name = (
            rng.choice(_PORT_WORDS.split())
            if rng.random() < 0.85
            else invented_word(rng, 2, 4) + _suffix(rng)
        )
        if name not in names and name not in taken:
            names.append(name)
    return tuple(names)


def state_names(rng: Random, count: int) -> tuple[str, ...]:
    """Draw *count* different upper-case state names."""
    return tuple(rng.sample(_UPPER_STATES.split(), count))


def _suffix(rng: Random) -> str:
    return rng.choice(("", str(rng.randint(0, 9)), "_i", "_o", "_n"))
