"""One design against one testbench, inside a worker: compiled, simulated, believed; a module for each tool."""
