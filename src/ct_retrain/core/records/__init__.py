"""What is written to disk: one frozen Record for each kind of thing, and nothing that decides anything."""
