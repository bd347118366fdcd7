"""The attacks at a design's ports, in time and beyond yosys that only the guard, the joints or the second opinion stop."""

ONLY_AT_THE_PORTS = {
    "an inout that is a supply",
    "an input that becomes a supply",
    "an input that is a supply",
    "an input with a value of its own",
    "drive an input by a buffer",
    "drive an input by a force",
    "drive an input by a gate",
    "drive an input by a pull",
    "drive an input by a tri-state buffer",
    "drive an input by an instance array",
    "drive an input by the module's own name",
    "drive an input by the strongest assignment",
    "drive an input in a branch that a parameter takes",
    "drive an input into an input below",
    "drive an input through a port of no direction",
    "drive an input through an inout below",
    "drive an input through an input below",
    "drive an input through an output below",
    "drive an input through an output below, by a wildcard",
    "drive an input through an output below, by name",
    "drive an input through an output below, by the same name",
    "drive an input through two levels",
}
"""They change the stimulus, so every testbench is content; the guard refuses them, most for two reasons."""

ONLY_THE_JOINTS = {
    "bring a reference that is a wire's other end",
    "bring a reference, one that copies",
    "bring a reference, one that counts falling edges",
    "bring a reference, one that is unknown",
    "bring a reference, one that lets go",
    "bring a reference, the same",
}
"""They are their own expectation; `judge.joints` refuses them, and so do designs of which a part does nothing."""

GUARD_AND_SECOND_OPINION = {
    *("recite by a loop that waits", "recite by a repeat that waits"),
    *("recite by an always that waits for any change", "recite by an always that waits twice at its head"),
    *("no second opinion by a real in a task", "no second opinion by a real that runs"),
    *("no second opinion by a real time", "no second opinion by a short real"),
    *("no second opinion by a strength", "no second opinion by a strength of a gate"),
    *("no second opinion by a strength of a net", "no second opinion by a string that runs"),
}
"""They answer rightly while they are simulated; the guard refuses them, and yosys cannot read them."""
