"""Records, ports, settings, errors and the pure rules: the floor of the house, importing nothing above it."""
