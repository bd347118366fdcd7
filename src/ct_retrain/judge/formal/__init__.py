"""What can be proved of a candidate, for every input."""
