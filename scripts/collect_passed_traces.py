"""Collect simulation-passed traces of tonight: `ct-retrain run --until collect`."""

import sys

from ct_retrain.cli import call

if __name__ == "__main__":
    sys.exit(call(["run", "--until", "collect", *sys.argv[1:]]))
