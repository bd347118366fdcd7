"""Formal equivalence of CANDIDATE and GOLDEN: `ct-retrain formal`."""

import sys

from ct_retrain.cli import call

if __name__ == "__main__":
    sys.exit(call(["formal", *sys.argv[1:]]))
