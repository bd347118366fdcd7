"""yosys and the solvers, asked inside a worker: equivalence, properties, and a design written again from its netlist."""
