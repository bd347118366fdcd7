"""The judge: decides whether a design does what its testbench checks."""
