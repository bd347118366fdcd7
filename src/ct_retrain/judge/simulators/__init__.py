"""The simulators behind one port: Icarus, Verilator and cocotb, the choice between them, and the cache."""
