"""Collect version, commit, packages, tools, host and settings for the NightRecord."""

import json
import platform
import socket
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import ct_retrain
from ct_retrain.core.configuration import loading
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.record import Tool
from ct_retrain.core.records.night import Provenance

_PACKAGES = (
    "accelerate",
    "bitsandbytes",
    "datasets",
    "msgspec",
    "numpy",
    "peft",
    "pydantic",
    "pyslang",
    "scipy",
    "tokenizers",
    "torch",
    "transformers",
    "trl",
)


def gather(tools: Sequence[Tool], settings: Settings) -> Provenance:
    """What would be needed to build this system again; secrets are masked."""
    commit, dirty = own_commit()
    return Provenance(
        version=ct_retrain.__version__,
        commit=commit,
        dirty=dirty,
        python=platform.python_version(),
        platform=platform.platform(),
        host=socket.gethostname(),
        packages=packages(),
        tools=tuple(tools),
        settings=loading.recordable(settings),
    )


def packages() -> dict[str, str]:
    """Return the version of every installed package that can change a result."""
    found = {name: _version(name) for name in _PACKAGES}
    return {name: version for name, version in found.items() if version}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def own_commit() -> tuple[str, bool]:
    """Commit that this installation comes from, and whether its checkout has changes; ("", False) where nobody knows.

    Known in a checkout, and where pip or uv installed the package from a repository and noted that (PEP 610).
    """
    source = Path(__file__).parent
    head = _git(source, "rev-parse", "HEAD")
    ours = _git(source, "ls-files", "--error-unmatch", str(Path(__file__)))
    return (
        (head, bool(_git(source, "status", "--porcelain"))) if head and ours else (_installed_from(), False)
    )


def _installed_from() -> str:
    try:
        noted = metadata.distribution("ct-retrain").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return ""
    origin = json.loads(noted or "{}")
    return str(origin.get("vcs_info", {}).get("commit_id", ""))


def _git(directory: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
