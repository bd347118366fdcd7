"""Records written to disk: one frozen class for each kind; they decide nothing."""
