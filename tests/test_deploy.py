"""The container image and what starts it: linted and read by their schemas, not built."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()


@pytest.mark.skipif(
    shutil.which("hadolint", path=str(BIN)) is None, reason="./setup.sh --all-tools brings hadolint"
)
def test_hadolint_finds_nothing_in_the_image() -> None:
    ran = subprocess.run(
        [BIN / "hadolint", DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )

    assert ran.stdout == ""
    assert ran.returncode == 0


def test_the_image_has_the_versions_that_set_up_installs() -> None:
    script = (ROOT / "setup.sh").read_text()
    for name in ("TORCH", "VERILATOR"):
        [said] = re.findall(rf"^{name}=(\S+)$", script, re.MULTILINE)
        assert f"ARG {name}={said}\n" in DOCKERFILE


def test_no_stage_of_the_image_ends_as_root() -> None:
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["1000"]


def test_compose_fits_its_schema() -> None:
    schema = ["--builtin-schema", "vendor.compose-spec"]
    subprocess.run(
        [BIN / "check-jsonschema", *schema, DEPLOY / "compose.yaml"], check=True, capture_output=True
    )
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["night"]
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


def test_the_cron_job_runs_one_night_at_a_time_as_an_ordinary_user() -> None:
    job = yaml.safe_load((DEPLOY / "cronjob.yaml").read_text())
    spec = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert (job["apiVersion"], job["kind"], job["spec"]["concurrencyPolicy"]) == (
        "batch/v1",
        "CronJob",
        "Forbid",
    )
    assert spec["securityContext"]["runAsNonRoot"]
    [container], [volume] = spec["containers"], spec["volumes"]
    assert [one["name"] for one in container["volumeMounts"]] == [volume["name"]]
    assert f"WORKDIR {container['volumeMounts'][0]['mountPath']}\n" in DOCKERFILE


def test_the_dev_container_names_a_stage_of_the_image() -> None:
    home = ROOT / ".devcontainer"
    build = json.loads((home / "devcontainer.json").read_text())["build"]
    assert (home / build["dockerfile"]).is_file()
    assert f"AS {build['target']}\n" in DOCKERFILE
