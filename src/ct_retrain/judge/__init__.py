"""One question: does this design do what its testbench says?"""
