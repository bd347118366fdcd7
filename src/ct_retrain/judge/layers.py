"""The layers that keep a design from a pass it did not earn; each can be left out to test the others.

Only `judge.attacks.suite` leaves one out; no setting does.
"""

GUARD = "guard"
"""The guard and the rewriting of the design."""
COMPILED = "a look at what was compiled"
EVIDENCE = "evidence"
"""Stubs must fail, and a pass must hold (`judge.simulators.pass_check`, `judge.simulators.perturbation`)."""
OPINION = "second opinion"

LAYERS = (GUARD, COMPILED, EVIDENCE, OPINION)
