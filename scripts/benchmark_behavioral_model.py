"""Scorecard of a model or adapter on the built-in behavioural suite: `ct-retrain benchmark --suite behavioural`."""

import sys

from ct_retrain.cli import call

if __name__ == "__main__":
    sys.exit(call(["benchmark", "--suite", "behavioural", *sys.argv[1:]]))
