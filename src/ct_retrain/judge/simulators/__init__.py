"""The simulators behind one port: Icarus, Verilator and cocotb, which of them is asked, and what is known already."""
