"""What a night keeps of its runs, as files with names that people know; nothing lands outside the directory asked for."""

from pathlib import Path

import pytest
from tests.stages._runs import Workspace

from ct_retrain.core.errors import CorruptStateError, UsageError
from ct_retrain.stages._artefact_store import pack_files
from ct_retrain.stages._extraction import extract


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def _files(top: Path) -> dict[str, str]:
    return {
        path.relative_to(top).as_posix(): path.read_text()
        for path in sorted(top.rglob("*"))
        if path.is_file()
    }


def test_a_run_is_a_directory_and_each_line_that_passed_one_in_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    (workspace.runs / "r1").mkdir()
    (workspace.runs / "r1" / "bad.v").write_text("module bad; endmodule")
    workspace.write(
        "r1", workspace.line("r1", "fail", rtl_file="bad.v", simulation_log="no good"), workspace.line("r1")
    )
    workspace.write("r2", workspace.line("r2"))
    night = workspace.night()

    count = extract(night.out, tmp_path / "out")

    found = _files(tmp_path / "out")
    assert count == len(found)
    assert found["r1/2/rtl.v"] == "module r1; endmodule"
    assert found["r1/2/spec.txt"] == "a counter"
    assert found["r1/2/attempt-1.v"] == "module bad; endmodule"
    assert found["r1/2/attempt-1.log"] == "no good"
    assert {name for name in found if name.startswith("r2/")} == {
        "r2/1/rtl.v",
        "r2/1/spec.txt",
        "r2/1/testbench.v",
    }


def test_one_run_alone_can_be_asked_for(workspace: Workspace, tmp_path: Path) -> None:
    for run in ("r1", "r2"):
        workspace.write(run, workspace.line(run))
    extract(workspace.night().out, tmp_path / "out", "r2")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["r2"]


def test_the_name_of_a_file_leads_nowhere_else(workspace: Workspace, tmp_path: Path) -> None:
    odd = workspace.runs / "r1" / "sub dir" / "odd name.v"
    odd.parent.mkdir(parents=True)
    odd.write_text("module odd; endmodule")
    files = ["data/runs/r1/sub dir/odd name.v", "data/runs/r1/top.v"]
    workspace.write("r1", workspace.line("r1", rtl_file=None, rtl_files=files))
    night = workspace.night()
    extract(night.out, tmp_path / "out")
    found = _files(tmp_path / "out" / "r1" / "1")
    assert found["rtl-files/001-odd_name.v"] == "module odd; endmodule"


def test_a_directory_that_holds_something_is_not_written_to(workspace: Workspace, tmp_path: Path) -> None:
    workspace.write("r1", workspace.line("r1"))
    with pytest.raises(UsageError, match="name a new directory"):
        extract(workspace.night().out, tmp_path)


def test_damaged_bytes_are_not_handed_out(workspace: Workspace, tmp_path: Path) -> None:
    workspace.write("r1", workspace.line("r1"))
    night = workspace.night()
    contents = pack_files(night.out).contents
    contents.write_bytes(contents.read_bytes()[::-1])
    with pytest.raises(CorruptStateError, match="no longer holds the bytes"):
        extract(night.out, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
