"""The layers that keep a design from a pass it did not earn; each can be left out to test the others.

Only `judge.attacks.suite` leaves one out; no setting does.
"""

GUARD = "guard"
"""The guard and the rewriting of the design."""
COMPILED = "a look at what was compiled"
BELIEF = "evidence"
"""Stubs must fail, and a pass must hold (`judge.simulators.belief`, `judge.simulators.holding`)."""
OPINION = "second opinion"

LAYERS = (GUARD, COMPILED, BELIEF, OPINION)
