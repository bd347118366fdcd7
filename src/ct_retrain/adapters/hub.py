"""Upload a directory to the Hugging Face hub, only when a person asks for it."""

from pathlib import Path
from typing import Any, Literal

from ct_retrain.adapters import _modelling
from ct_retrain.core.errors import ToolError


def upload(directory: Path, repository: str, kind: Literal["model", "dataset"]) -> str:
    """Upload *directory* to *repository*, which is made private if it is not there; return the address of the commit.

    The token and the server are those of `hf auth login`, HF_TOKEN and HF_ENDPOINT. Raise ToolError on failure.
    """
    hub = _modelling.library("huggingface_hub")
    with _modelling.quietly(download=True):
        # A connection that fails is an error of the HTTP library that the client stands on, whichever that is.
        refused: Any = _modelling.library("huggingface_hub.errors").HfHubHTTPError.__bases__
        failures: tuple[type[Exception], ...] = (*refused, OSError, ValueError)
        api: Any = hub.HfApi()
        try:
            api.create_repo(repository, repo_type=kind, private=True, exist_ok=True)
            commit = api.upload_folder(
                repo_id=repository,
                repo_type=kind,
                folder_path=directory,
                commit_message="Export from ct-retrain",
            )
        except failures as error:
            raise ToolError(f"{directory} was not uploaded to {repository}: {error}") from error
    return str(commit.commit_url)
