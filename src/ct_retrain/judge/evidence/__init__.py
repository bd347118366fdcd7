"""What makes a pass evidence: the testbench's voice, what it gives a design to hold, and how its output is read."""
