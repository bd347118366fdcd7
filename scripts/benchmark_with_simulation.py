"""Scorecard of a model or adapter on the suite of the settings: `ct-retrain benchmark`."""

import sys

from ct_retrain.cli import call

if __name__ == "__main__":
    sys.exit(call(["benchmark", *sys.argv[1:]]))
