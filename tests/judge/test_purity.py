"""The same question gets the same verdict: from whom one asks, how often, and what is known already change nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.judge.benches import EMPTY, GOLDEN, STYLES

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.records.verdict import Design
from ct_retrain.judge.judge import Judge

ONCE = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Judges(NamedTuple):
    """Two that know nothing and one that remembers; each has workers of its own."""

    one: Judge
    other: Judge
    with_cache: Judge


@pytest.fixture(scope="module")
def judges(judge: Judge, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judges]:
    tight = JudgeSettings(simulator="icarus", cpu_seconds=2, memory_mb=256, output_kb=64)
    cache: Path = tmp_path_factory.mktemp("cache") / "verdicts"
    with Judge(tight) as other, Judge(tight, cache) as with_cache:
        yield Judges(judge, other, with_cache)


STEPS = st.sampled_from(
    ["q + 1", "q - 3", "q + 2", "~q", "d + 1", "(rst === 1'bx) ? 0 : q + 1", "q +", "$random"]
)
TEXTS = st.builds(
    lambda step, delay, space: GOLDEN.replace("q + 1", step).replace("<= q", f"<={delay} q") + space,
    STEPS,
    st.sampled_from(["", " #1"]),
    st.sampled_from(["", "\n// ünïcode\n", "/* */"]),
)
DESIGNS = st.builds(
    Design,
    rtl=TEXTS | st.just(EMPTY) | st.text(max_size=40),
    testbench=st.sampled_from([*STYLES.values()]),
    expected=st.sampled_from([None, 20, 21]),
)


@ONCE
@given(DESIGNS)
def test_a_verdict_is_a_function_of_the_question(judges: Judges, design: Design) -> None:
    first = judges.one.check(design)

    assert judges.one.check(design) == first
    assert judges.other.check(design) == first


@ONCE
@given(DESIGNS)
def test_no_cache_changes_a_verdict(judges: Judges, design: Design) -> None:
    fresh = judges.other.check(design)

    assert judges.with_cache.check(design) == fresh
    assert judges.with_cache.check(design) == fresh
