"""The task of lm-evaluation-harness."""
