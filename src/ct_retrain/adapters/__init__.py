"""The rest of the world behind the ports; heavy imports live inside functions."""
