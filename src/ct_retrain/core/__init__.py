"""Records, ports, settings, errors and the pure rules; imports nothing above it."""
