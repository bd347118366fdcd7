"""Mends are asked for, named, and change only what they say."""

import pytest
from tests.suites.layouts import DATA, v2

from ct_retrain.suites.load import load_suite
from ct_retrain.suites.patches import PATCHES, TAG

here = pytest.mark.skipif(not (DATA / "README.md").is_file(), reason="the published suites are not here")


@pytest.fixture
def release(tmp_path):
    path = v2(tmp_path, ["Prob082_lfsr32", "Prob001_zero"])
    test = path / "Prob082_lfsr32_test.sv"
    test.write_text(test.read_text().replace("$finish;", "#1000000\n$finish;"))
    return path


def test_nothing_is_mended_unasked(release, tmp_path):
    as_published = load_suite(str(release), tmp_path)

    assert not any(TAG in problem.tags for problem in as_published.problems)


def test_a_mend_changes_its_problem_says_so_and_keeps_the_source(release, tmp_path):
    before = load_suite(str(release), tmp_path)
    after = load_suite(f"patched:{release}", tmp_path)

    zero, lfsr = zip(before.problems, after.problems, strict=True)
    assert zero[0] == zero[1]
    assert lfsr[1].tags == (TAG,)
    assert lfsr[1].testbench == lfsr[0].testbench.replace("#1000000\n", "#10000000\n")
    assert lfsr[1].source == lfsr[0].source
    assert after.digest != before.digest


def test_every_mend_has_a_reason():
    assert all(patch.why and patch.edits and patch.suites for patch in PATCHES)


@here
def test_the_mends_of_v1_find_what_they_mend(tmp_path):
    suite = load_suite(f"patched:{DATA / 'verilogeval_v1_human.jsonl'}", tmp_path)

    mended = [problem.id for problem in suite.problems if TAG in problem.tags]
    assert sorted(mended) == ["review2015_fancytimer", "review2015_fsm"]
