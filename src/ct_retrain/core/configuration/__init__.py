"""Settings: what can be set, and how it is read from files, environment and options."""
