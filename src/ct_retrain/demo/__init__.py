"""The demo: the five stages of a night on an embedded model, really trained and really simulated."""
