"""Which problems of a suite are one piece of evidence: near-duplicates pass and fail together."""

import re
from collections.abc import Iterable
from functools import lru_cache

from ct_retrain.core.records.problem import Problem
from ct_retrain.verilog.fingerprint import shape

TAG = "cluster:"
"""A problem's tag that begins so names the problem's cluster."""


def cluster_names(problems: Iterable[Problem], pattern: str = "") -> dict[str, str]:
    """Return problem → cluster: the first group of *pattern* in its id; without a *pattern* what its tag names, or
    else its golden's shape.

    Goldens of one shape differ only in names. A problem whose id *pattern* does not match is a cluster of its own.
    """
    return {one.id: _by_id(one.id, pattern) if pattern else _as_written(one) for one in problems}


def _by_id(name: str, pattern: str) -> str:
    match = re.search(pattern, name)
    return (match.group(1) if match.re.groups else match.group(0)) if match else name


def _as_written(problem: Problem) -> str:
    named = next((tag for tag in problem.tags if tag.startswith(TAG)), None)
    return named or (_shape(problem.golden) if problem.golden.strip() else problem.id)


_shape = lru_cache(maxsize=1024)(shape)
"""Cached, because every look needs the goldens of every suite."""
