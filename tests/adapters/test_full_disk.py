"""A file that the system refuses to let grow is a ToolError of one line, whichever library was writing it."""

import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ct_retrain.adapters import _full_disk
from ct_retrain.core.errors import ToolError

torch: Any = pytest.importorskip("torch")
safetensors: Any = pytest.importorskip("safetensors.torch")


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file of this process may grow beyond 64 KiB: the system refuses as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def plain(path: Path) -> None:
    path.write_bytes(bytes(1 << 20))


def of_torch(path: Path) -> None:
    torch.save({"a": torch.zeros(1 << 18)}, path)


def of_safetensors(path: Path) -> None:
    safetensors.save_file({"a": torch.zeros(1 << 18)}, path)


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize("write", [plain, of_torch, of_safetensors])
def test_a_write_that_is_refused_is_one_line(tmp_path: Path, write: Callable[[Path], None]) -> None:
    with pytest.raises(ToolError, match="free space") as caught, _full_disk.explained(tmp_path):
        write(tmp_path / "file")

    assert len(str(caught.value).splitlines()) == 1


def test_another_error_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="shapes"), _full_disk.explained(tmp_path):
        raise RuntimeError("shapes do not fit")
