"""GPUs and their energy by a library with NVML's functions; this machine's own, if it has one, is not asked."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ct_retrain.core.records.night import Effort

_LIBRARY = """
#include <stdint.h>
#include <string.h>
static unsigned long long used[2] = {1500, 2250};
int nvmlInit_v2(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
  if (index > 1) return 2;
  *device = &used[index];
  return 0;
}
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device) {
  if (strcmp(uuid, "GPU-b1c2-d3")) return 6;
  *device = &used[1];
  return 0;
}
int nvmlDeviceGetUUID(void *device, char *uuid, unsigned length) {
  if (length < 96) return 7;
  strcpy(uuid, device == &used[1] ? "GPU-b1c2-d3" : "GPU-b1a0-d3");
  return 0;
}
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *millijoules) {
  if ((uintptr_t)device == (uintptr_t)&used[0] && OLD) return 3;
  *millijoules = *(unsigned long long *)device;
  return 0;
}
"""
_ASKED = "from ct_retrain.adapters.nvml import *; print(joules())"


@pytest.fixture(scope="module")
def compiler() -> str:
    found = shutil.which("cc")
    if found is None:
        pytest.skip("no C compiler")
    return found


def library(compiler: str, place: Path, *, old: bool = False) -> Path:
    """A library whose first GPU, if it is *old*, counts no energy; its directory."""
    source = place / "nvml.c"
    source.write_text(_LIBRARY)
    made = str(place / "libnvidia-ml.so.1")
    command = [compiler, "-shared", "-fPIC", f"-DOLD={old:d}", "-o", made, str(source)]
    subprocess.run(command, check=True)
    return place


def said(place: Path, program: str, visible: str | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    environment |= {"LD_LIBRARY_PATH": str(place)} | (
        {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("visible", "energy"),
    [
        (None, "3.75"),
        ("0", "1.5"),
        ("0, 1", "3.75"),
        ("GPU-b1c2-d3", "2.25"),
        ("GPU-b1a", "1.5"),
        ("", "None"),
        ("0,7", "None"),
    ],
)
def test_the_energy_of_the_visible_gpus(
    compiler: str, tmp_path: Path, visible: str | None, energy: str
) -> None:
    assert said(library(compiler, tmp_path), _ASKED, visible) == energy


def test_a_gpu_that_counts_no_energy_makes_it_unknown(compiler: str, tmp_path: Path) -> None:
    place = library(compiler, tmp_path, old=True)
    assert [said(place, _ASKED, visible) for visible in (None, "1")] == ["None", "2.25"]


def test_a_gpu_that_is_not_there_is_refused(compiler: str, tmp_path: Path) -> None:
    place = library(compiler, tmp_path)
    asked = "from ct_retrain.adapters.nvml import *; require_gpus({}); print('there')"
    assert said(place, asked.format(["0, 1", "GPU-b1c2-d3", "GPU-b1a,GPU-b1c"])) == "there"
    assert "--device 2: no such GPU here" in said(place, asked.format(["0, 2"]))
    assert "--device GPU-b1: no such GPU here, or more than one" in said(place, asked.format(["GPU-b1"]))


@pytest.mark.parametrize(
    ("before", "after", "used"), [(1.5, 4.0, 2.5), (None, 4.0, None), (None, None, None)]
)
def test_a_stage_has_used_the_difference(
    before: float | None, after: float | None, used: float | None
) -> None:
    start, end = (Effort(known=0, simulated=0, seconds=0.0, joules=one) for one in (before, after))
    assert end.since(start).joules == used
