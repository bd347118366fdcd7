"""ct-retrain: every night, an RTL-writing model learns from what simulation proved."""

__version__ = "0.1.0"
