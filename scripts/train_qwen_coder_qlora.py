"""Collect, curate and train tonight's adapter: `ct-retrain run --until train`."""

import sys

from ct_retrain.cli import call

if __name__ == "__main__":
    sys.exit(call(["run", "--until", "train", *sys.argv[1:]]))
