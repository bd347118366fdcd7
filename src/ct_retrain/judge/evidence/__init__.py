"""What makes a pass evidence: who printed it, how the design is connected, and how the output is read."""
