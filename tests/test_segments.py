"""A file cut where its content says: nothing is lost, and versions share all that they have in common."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ct_retrain import disk


def _cut(path: Path, data: bytes) -> list[bytes]:
    path.write_bytes(data)
    return [data[cut.at : cut.at + cut.size] for cut in disk.cuts(path, len(data))]


def _line(number: int, length: int = 900) -> bytes:
    return (b"%d " % number * length)[:length] + b"\n"


@pytest.fixture(scope="module", params=["rows.jsonl", "rows.sqlite"])
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cut") / str(request.param)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.lists(st.binary(max_size=40_000), max_size=8).map(b"\n".join))
def test_the_segments_are_the_file(path: Path, data: bytes) -> None:
    assert b"".join(_cut(path, data)) == data


def test_only_as_much_is_cut_as_is_asked_for(path: Path) -> None:
    data = b"".join(map(_line, range(200)))
    path.write_bytes(data)
    assert sum(cut.size for cut in disk.cuts(path, 100_001)) == 100_001


@pytest.mark.parametrize("at", [0, 500, 999])
@pytest.mark.parametrize("length", [60, 900, 9000])
def test_a_line_more_costs_a_segment_or_two_wherever_it_comes(tmp_path: Path, at: int, length: int) -> None:
    lines = [_line(number, length) for number in range(1000)]
    before = _cut(tmp_path / "a.jsonl", b"".join(lines))
    after = _cut(tmp_path / "b.jsonl", b"".join([*lines[:at], _line(5555, length), *lines[at:]]))
    new = set(after) - set(before)
    assert len(new) <= 2
    assert sum(map(len, new)) < 10 * disk.SEGMENT


def test_segments_are_of_the_same_size_whatever_the_lines(tmp_path: Path) -> None:
    for length in (60, 900, 9000):
        data = b"".join(_line(number, length) for number in range(3_000_000 // length))
        found = _cut(tmp_path / "a.jsonl", data)
        assert disk.SEGMENT / 2 < len(data) / len(found) < 2 * disk.SEGMENT


def test_a_line_without_end_is_cut_all_the_same(tmp_path: Path) -> None:
    found = _cut(tmp_path / "a.jsonl", b"x" * 3_000_000)
    assert max(map(len, found)) <= 16 * disk.SEGMENT
