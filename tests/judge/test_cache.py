"""The cache knows what was judged, forgets when it must, and never changes a verdict."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.judge.benches import EMPTY, GOLDEN, STYLES, WRONG

from ct_retrain.core.configuration.settings import JudgeSettings
from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import Tool
from ct_retrain.core.records.verdict import Design, Outcome, Verdict
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.simulators.cached import Cache, key

ROOT = Path(__file__).parents[2]
TOOL = Tool(name="icarus", version="0")


def verdict(detail: str) -> Verdict:
    return Verdict(outcome=Outcome.PASS, detail=detail, tool=TOOL)


def test_what_was_put_comes_back_in_another_process_life(tmp_path: Path) -> None:
    Cache(tmp_path / "c", 1).put("k", verdict("kept"))
    cache = Cache(tmp_path / "c", 1)

    assert (cache.get("k", Verdict), cache.get("other", Verdict)) == (verdict("kept"), None)


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=5))
def test_a_key_tells_all_its_parts_apart(rtl: str, testbench: str, more: str) -> None:
    plain = key(Design(rtl=rtl, testbench=testbench), TOOL)

    assert plain == key(Design(rtl=rtl, testbench=testbench), TOOL)
    if more:
        assert plain != key(Design(rtl=rtl + more, testbench=testbench), TOOL)
        assert plain != key(Design(rtl=rtl, testbench=testbench + more), TOOL)
        assert plain != key(Design(rtl=rtl, testbench=testbench), TOOL.model_copy(update={"detail": more}))


def test_a_cache_whose_file_is_removed_under_it_costs_nothing_but_time(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c", 1)
    for made in tmp_path.iterdir():
        made.unlink()
    for number in range(600):
        cache.put(str(number), verdict("made"))
    cache.close()

    assert cache.get("0", Verdict) in (None, verdict("made"))


_WRITER = """
import sys
from pathlib import Path
from tests.judge.test_cache import verdict
from ct_retrain.judge.simulators.cached import Cache

cache = Cache(Path(sys.argv[1]), 1)
for index in range(50):
    cache.put(f"{sys.argv[2]}.{index}", verdict(str(index)))
"""


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    def write(number: int) -> None:
        cache = Cache(tmp_path / "c", 1)
        for index in range(50):
            cache.put(f"{number}.{index}", verdict(str(index)))
        cache.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    processes = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path / "c"), str(number)], cwd=ROOT)
        for number in (4, 5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait(60) for process in processes] == [0, 0]

    cache = Cache(tmp_path / "c", 1)
    assert all(
        cache.get(f"{number}.{index}", Verdict) is not None for number in range(6) for index in range(50)
    )


def test_short_lives_stay_within_its_size_too(tmp_path: Path) -> None:
    for life in range(24):
        cache = Cache(tmp_path / "c", 1)
        for index in range(100):
            cache.put(f"{life}.{index}", verdict("x" * 2000))
        cache.close()

    assert (tmp_path / "c").stat().st_size < 3 << 20


def test_it_stays_within_its_size(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c", 1)
    for index in range(2048):
        cache.put(str(index), verdict("x" * 2000))

    assert (tmp_path / "c").stat().st_size < 3 << 20
    assert cache.get("2047", Verdict) is not None


def test_a_file_of_something_else_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"not a database" * 100)
    cache = Cache(tmp_path / "c", 1)
    cache.put("k", verdict("new"))

    assert cache.get("k", Verdict) == verdict("new")
    assert (tmp_path / "c.unreadable").exists()


def test_a_place_that_cannot_be_written_is_a_tool_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ToolError, match="cannot keep answers"):
        Cache(tmp_path / "file" / "c", 1)


def test_a_cached_judge_gives_the_verdicts_of_a_fresh_one(judge: Judge, tmp_path: Path) -> None:
    settings = JudgeSettings(cpu_seconds=2, memory_mb=256, output_kb=64)
    designs = [
        Design(rtl=rtl, testbench=testbench)
        for rtl in (GOLDEN, WRONG, EMPTY)
        for testbench in STYLES.values()
    ]
    with Judge(settings, tmp_path / "verdicts") as cached:
        first = [cached.check(design) for design in designs]
        second = [cached.check(design) for design in designs]
        use = cached.cache_use

    assert first == second == [judge.check(design) for design in designs]
    assert use.known == len(designs)
    assert len(designs) <= use.simulated <= 2 * len(designs)


def test_a_verdict_under_other_limits_is_not_the_one_that_is_known(tmp_path: Path) -> None:
    """Raised from 1 to 60 seconds, old timeouts would else meet new passes in one gate."""
    design = Design(rtl=GOLDEN, testbench=STYLES["house"])
    settings = JudgeSettings(simulator="icarus", second_opinion=False, cpu_seconds=1)
    more = settings.model_copy(update={"cpu_seconds": 60})
    with Judge(settings, tmp_path / "verdicts") as short, Judge(more, tmp_path / "verdicts") as long:
        verdicts = [judge.check(design) for judge in (short, long, short)]
        uses = [judge.cache_use.known for judge in (short, long)]

    assert verdicts[0].tool != verdicts[1].tool
    assert uses == [1, 0]
