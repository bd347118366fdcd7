"""Problems of the public suites that are finite state machines, listed by hand because detectors are poor.

VerilogEval: the chapter "Finite State Machines" of HDLBits and the five review problems that build one.
RTLLM: the suite's own directory of that name. VGen: the problems that its prompts call machines or whose states they
name.
"""

_HDLBITS = """
    2012_q2b 2012_q2fsm 2013_q2afsm 2013_q2bfsm 2014_q3bfsm 2014_q3c 2014_q3fsm ece241_2013_q4 ece241_2013_q8
    ece241_2014_q5a ece241_2014_q5b fsm1 fsm1s fsm2 fsm2s fsm3 fsm3comb fsm3onehot fsm3s fsm_hdlc fsm_onehot
    fsm_ps2 fsm_ps2data fsm_serial fsm_serialdata lemmings1 lemmings2 lemmings3 lemmings4 m2014_q6 m2014_q6b
    m2014_q6c review2015_fancytimer review2015_fsm review2015_fsmonehot review2015_fsmseq review2015_fsmshift
"""
VERILOGEVAL = frozenset(_HDLBITS.split())
"""HDLBits ids: 37 of the 156 of v1 Human and of v2, 28 of the 143 of v1 Machine."""

RTLLM = frozenset({"fsm", "sequence_detector"})
"""2 of the 50 of v2, 1 of the 29 of v1.1."""

VGEN = frozenset({"abro", "advfsm", "simple-fsm"})
"""3 of the 17."""
