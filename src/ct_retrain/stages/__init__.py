"""The five stages of a night: each is a function that fills one directory, and none imports another."""
