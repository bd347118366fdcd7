"""Settings: their definitions, and how they are read from files, environment and options."""
