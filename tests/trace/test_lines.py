"""The fast path and the line-by-line path are one reader."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_retrain.trace.lines import BadLine, Simulation, in_utc, is_whole, simulations

GOOD = b'{"stage": "Simulation", "payload": {"status": "pass"}}'

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(extras=st.lists(st.dictionaries(st.text(max_size=6), json_values, max_size=3), min_size=1, max_size=4))
def test_extra_keys_of_any_kind_never_hide_a_simulation(extras: list[dict]) -> None:
    entries = [
        {**extra, "stage": "Simulation", "payload": {**extra, "status": "pass", **_none()}}
        for extra in extras
    ]
    block = b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)

    found = list(simulations(block, 10))

    assert [one.number for one in found if isinstance(one, Simulation)] == list(range(11, 11 + len(extras)))


def _none() -> dict[str, None]:
    keys = ("spec_hash", "spec_path", "spec", "rtl_file", "testbench_file", "category", "generator", "source")
    return dict.fromkeys((*keys, "simulation_log", "simulation_compile_log"))


@pytest.mark.parametrize(
    "block",
    [
        b'{"a": 1}{"a": 2}\n\n',
        b'{"a":\n1}{"b": 2}\n',
        b"{}\n" + GOOD + GOOD + b"\n\n",
        b'{"a": {}\n}\n',
    ],
)
def test_objects_that_do_not_match_lines_are_flaws_at_their_lines(block: bytes) -> None:
    found = list(simulations(block + GOOD + b"\n", 0))

    assert found[-1].number == block.count(b"\n") + 1
    assert isinstance(found[-1], Simulation)
    assert all(isinstance(one, BadLine) and one.reason == "malformed_json" for one in found[:-1])
    assert len(found) > 1


@pytest.mark.parametrize("count", range(1, len(GOOD)))
def test_no_prefix_of_an_object_is_whole(count: int) -> None:
    assert not is_whole(GOOD[:count])
    assert is_whole(GOOD)


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000+00:00"),
        ("2026-01-02T03:04:05.25+02:00", "2026-01-02T01:04:05.250000+00:00"),
        ("2026-01-02 03:04:05", "2026-01-02T03:04:05.000000+00:00"),
        (0, "1970-01-01T00:00:00.000000+00:00"),
        (1.5, "1970-01-01T00:00:01.500000+00:00"),
        ("yesterday", ""),
        ("0001-01-01T00:00:00+14:00", ""),
        (float("nan"), ""),
        (1e300, ""),
        (None, ""),
        ({}, ""),
    ],
)
def test_a_timestamp_is_told_in_utc_or_not_at_all(timestamp: object, expected: str) -> None:
    assert in_utc(timestamp) == expected
