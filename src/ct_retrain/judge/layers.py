"""The layers between a design and a pass that it did not earn, each of which can be left out to test the others.

Only `judge.attacks.suite` leaves one out; no setting does.
"""

GUARD = "guard"
"""The reading and writing anew of the design."""
COMPILED = "a look at what was compiled"
BELIEF = "evidence"
"""Designs that do nothing must fail, and a pass must hold (`judge.simulators.belief`, `judge.simulators.holding`)."""
OPINION = "second opinion"

LAYERS = (GUARD, COMPILED, BELIEF, OPINION)
