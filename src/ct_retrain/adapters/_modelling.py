"""What training and generation share: importing libraries, finding and checking a base model, its digest.

- Nothing is imported, downloaded or sent before a function is called.
- A base that is neither a directory nor in the local cache is a UsageError that says how to get it.
- Weights are read from safetensors only, never from pickles, and no code from a model's directory is run.
"""

import contextlib
import importlib
import json
import logging
import os
import warnings
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from ct_retrain import disk
from ct_retrain.core.errors import ToolError, UsageError
from ct_retrain.core.installation import install_command, program
from ct_retrain.core.record import digest

_WEIGHTS = ("*.safetensors", "*.json", "*.jinja", "*.model", "merges.txt")
_WORDS = "module m(input a);\n  assign y = a;\nendmodule"


def library(name: str) -> Any:
    """Import and return the library *name*; untyped on purpose, so that its `Any` does not spread."""
    # OpenMP threads that spin while waiting take the CPU from the simulators and from each other:
    # on two busy cores the same 20 steps took 83 s spinning and 9 s asleep. Read once, when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # bitsandbytes warns at import about a faster kernel on a hub that is not used here.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        message = f"the package {package} is not installed: {install_command('train')}, then run again"
        raise UsageError(message) from error


@contextlib.contextmanager
def quietly(*, download: bool) -> Generator[None]:
    """Keep libraries off the network (unless *download*), telemetry and the terminal; restore all afterwards."""
    hub: Any = library("huggingface_hub.constants")
    logs: Any = library("transformers.utils.logging")
    before = (
        hub.HF_HUB_OFFLINE,
        hub.HF_HUB_DISABLE_TELEMETRY,
        logs.get_verbosity(),
        logs.is_progress_bar_enabled(),
    )
    hub.HF_HUB_OFFLINE = hub.HF_HUB_OFFLINE or not download
    hub.HF_HUB_DISABLE_TELEMETRY = True
    logs.set_verbosity_error()
    logs.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            # TRL and transformers deprecate names of each other; the user can do nothing about it.
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        hub.HF_HUB_OFFLINE, hub.HF_HUB_DISABLE_TELEMETRY = before[:2]
        logs.set_verbosity(before[2])
        if before[3]:
            logs.enable_progress_bar()


def base_directory(base: str, *, download: bool) -> Path:
    """Return the directory of the model *base* on this machine; call it inside `quietly`."""
    if Path(base).is_dir():
        return Path(base)
    if Path(base).is_absolute():
        raise UsageError(
            f"base model {base!r} is no directory: set train.mainline to the one that holds it, or to a name on the hub"
        )
    hub: Any = library("huggingface_hub")
    try:
        return Path(hub.snapshot_download(base, local_files_only=not download, allow_patterns=list(_WEIGHTS)))
    except (OSError, ValueError) as error:
        message = (
            f"base model {base!r} is neither a directory nor in the local Hugging Face cache: fetch it once with "
            f"`{program('hf')} download {base}`, or set train.mainline to a directory that holds it"
        )
        raise UsageError(message) from error


def load_tokenizer(directory: Path) -> Any:
    """Load the tokenizer of the model in *directory*."""
    transformers: Any = library("transformers")
    try:
        tokenizer: Any = transformers.AutoTokenizer.from_pretrained(
            directory, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # the tokenizers library raises no narrower type
        message = (
            f"{directory} holds no tokenizer that loads ({error}): use the complete directory of the model"
        )
        raise UsageError(message) from error
    # If files are missing, transformers makes a tokenizer of that kind without a vocabulary.
    ids = tokenizer(_WORDS, add_special_tokens=False)["input_ids"]
    if str(tokenizer.decode(ids, clean_up_tokenization_spaces=False)).strip() != _WORDS:
        message = f"{directory} holds no tokenizer that loads and keeps Verilog as it is: use the complete directory of the model"
        raise UsageError(message)
    return tokenizer


def kind_of(directory: Path) -> Any:
    """Return the configuration of the causal model in *directory*; raise UsageError if there is none."""
    transformers: Any = library("transformers")
    known: Any = library("transformers.models.auto.modeling_auto").MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    try:
        config: Any = transformers.AutoConfig.from_pretrained(
            directory, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = (
            f"{directory} holds no model configuration that loads ({error}): use the directory of a model whose kind "
            f"transformers {transformers.__version__} knows"
        )
        raise UsageError(message) from error
    if config.model_type not in known:
        message = f"{directory} holds a model of kind {config.model_type!r}, which is no causal language model: set train.mainline to one"
        raise UsageError(message)
    return config


def window_of(config: Any) -> int | None:
    """Return the most tokens that a model of *config* reads and writes; None if it does not say."""
    window: int | None = getattr(config.get_text_config(), "max_position_embeddings", None)
    return window


def check_fits(config: Any, tokens: int) -> None:
    """Raise UsageError if a prompt of *tokens* leaves a model of *config* no room for an answer."""
    window = window_of(config)
    if window is not None and tokens >= window:
        raise UsageError(f"a prompt has {tokens} tokens and mainline reads at most {window}: shorten it")


def check_weights(directory: Path) -> None:
    """Raise UsageError unless every safetensors file of the model in *directory* exists."""
    index = directory / "model.safetensors.index.json"
    try:
        named: dict[str, str] = json.loads(index.read_text("utf-8"))["weight_map"] if index.is_file() else {}
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"{index} cannot be read ({error!r}): fetch the model again") from error
    missing = sorted(name for name in set(named.values()) if not (directory / name).is_file())
    if missing:
        raise UsageError(
            f"{directory} lacks {len(missing)} files of weights, {missing[0]} first: fetch the model again"
        )
    if not any(directory.glob("*.safetensors")):
        raise UsageError(
            f"{directory} holds no weights as safetensors: fetch the complete model, or convert its weights"
        )


def load_model(directory: Path, options: dict[str, Any]) -> Any:
    """Load the causal model in *directory*; *options* go to `from_pretrained`."""
    transformers: Any = library("transformers")
    kind_of(directory)
    check_weights(directory)
    try:
        return transformers.AutoModelForCausalLM.from_pretrained(
            directory, local_files_only=True, use_safetensors=True, trust_remote_code=False, **options
        )
    except (OSError, ValueError, KeyError) as error:
        message = f"the model in {directory} does not load ({error}): fetch it again, or set train.mainline to another"
        raise ToolError(message) from error


def parameters(directory: Path) -> int:
    """Return the number of parameters of the model in *directory*, from its configuration alone."""
    torch: Any = library("torch")
    transformers: Any = library("transformers")
    config = kind_of(directory)
    with torch.device("meta"):
        return int(transformers.AutoModelForCausalLM.from_config(config).num_parameters())


def weights_digest(directory: Path, patterns: Sequence[str] = _WEIGHTS) -> str:
    """Return a digest of every file in *directory* that can change an answer, by name and content."""
    files = {path for pattern in patterns for path in directory.glob(pattern)}
    return digest(*(f"{path.name}={disk.sha256_of(path)}" for path in sorted(files)))
