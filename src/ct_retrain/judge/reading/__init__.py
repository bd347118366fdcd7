"""Read the output of a free-form testbench: by what it decides to print, and by what it counts."""
