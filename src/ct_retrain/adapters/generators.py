"""Generate answers with transformers in this process, from mainline with or without an adapter.

- A sample's random stream depends only on (seed, prompt id, index). A resumed benchmark, or another batch
  size, gives the same samples.
- Sampling is by the Gumbel-max trick: one exponential number per token of the vocabulary and step; the token
  with the highest perturbed score is drawn, which has exactly the distribution of sampling.
- Float noise remains: another batch shape may round a score differently, and where two scores tie within that
  (about 1e-6 in float32, far more in bfloat16) answers differ.
- The base is loaded once, and one adapter is attached at a time. On a CPU it is merged into a copy if that
  gives the same logits (`_attached.is_plain`), which is faster; otherwise, and on CUDA, where bfloat16 would
  round it away, it stays separate. What is measured is therefore what PEFT serves.
- Penalties and cut-offs in the model's generation config are not applied; only `Sampling` is.
"""

import copy
import functools
import gc
import warnings
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from ct_retrain.adapters import _attached, _modelling
from ct_retrain.adapters._chat import Chat, chat_of
from ct_retrain.adapters._token_budget import AnswerBudget
from ct_retrain.adapters._token_sampling import Draw
from ct_retrain.core.errors import ToolError
from ct_retrain.core.record import Tool, digest
from ct_retrain.core.records.chat import ChatOptions
from ct_retrain.core.records.problem import Completion, Prompt, Sampling

_ADAPTER = ("adapter_config.json", "adapter_model.safetensors")
_ASKED = ChatOptions()


class TransformersGenerators:
    """Opens arms on one *mainline*; an arm that is used after another one is attached again."""

    def __init__(
        self, mainline: str, batch_size: int, chat: ChatOptions = _ASKED, *, download: bool = False
    ) -> None:
        self._mainline = mainline
        self._options = chat
        self._batch_size = batch_size
        self._download = download
        self._attached: tuple[Path | None, Any] | None = None

    def open(self, adapter: Path | None) -> "TransformersGenerator":
        """Load mainline, with *adapter* if given; raise ToolError if it does not load."""
        self.model(adapter)
        return TransformersGenerator(self, adapter, self._batch_size)

    def close(self) -> None:
        """Release the weights; the digest of mainline is kept."""
        self._detach()
        if self.__dict__.pop("_base", None) is not None:
            gc.collect()
            _modelling.library("torch").cuda.empty_cache()

    def model(self, adapter: Path | None) -> Any:
        """Return the model with *adapter*; the previous arm's weights are released."""
        if self._attached is None or self._attached[0] != adapter:
            self._detach()
            try:
                with _modelling.quietly(download=self._download):
                    model = _with_adapter(self._base, adapter)
            except ToolError:
                self.__dict__.pop("_base", None)  # PEFT may have attached half of an adapter
                raise
            self._attached = adapter, model
            return model
        return self._attached[1]

    def tool(self, adapter: Path | None) -> Tool:
        """Libraries, device, and a digest of everything that can change an answer of this arm."""
        weights = digest(self._base_digest, _modelling.weights_digest(adapter, _ADAPTER) if adapter else "")
        model = self._base
        chat = "" if self._options == _ASKED else f", chat {digest(self._options)[:16]}"
        return Tool(
            name="transformers",
            version=version("transformers"),
            detail=f"torch {version('torch')}, {model.device.type} {model.dtype}, gumbel-max, merged where exact, weights {weights}{chat}",
        )

    def _detach(self) -> None:
        """Restore the base as loaded; reload it if an adapter has changed it irreversibly."""
        attached, self._attached = self._attached, None
        if attached is None or not hasattr(attached[1], "peft_config"):
            return
        model = attached[1]
        if model.get_base_model() is not self._base:  # a copy
            return
        if _attached.is_plain(model):
            model.unload()
        else:
            del self.__dict__["_base"]

    @functools.cached_property
    def _directory(self) -> Path:
        with _modelling.quietly(download=self._download):
            return _modelling.base_directory(self._mainline, download=self._download)

    @functools.cached_property
    def _base_digest(self) -> str:
        return _modelling.weights_digest(self._directory)

    @functools.cached_property
    def _base(self) -> Any:
        torch = _modelling.library("torch")
        cuda = torch.cuda.is_available()
        options = {
            "dtype": torch.bfloat16 if cuda else torch.float32,
            "device_map": {"": 0 if cuda else "cpu"},
            "attn_implementation": "sdpa",
        }
        with _modelling.quietly(download=self._download):
            return _modelling.load_model(self._directory, options).eval()

    @functools.cached_property
    def chat(self) -> Chat:
        """Mainline's tokenizer with its chat template; raise UsageError if it cannot be prompted."""
        with _modelling.quietly(download=self._download):
            return chat_of(self._directory, self._options)

    @functools.cached_property
    def stops(self) -> frozenset[int]:
        """Every token that ends an answer."""
        named: Any = self._base.generation_config.eos_token_id
        return self.chat.stops(named if isinstance(named, list) else [named])


class _Job(NamedTuple):
    """Sample *first* of a prompt; it is yielded *copies* times (greedy samples are all equal)."""

    prompt: Prompt
    ids: list[int]
    first: int
    copies: int


class TransformersGenerator:
    """One arm; the module says what its samples depend on."""

    def __init__(self, source: TransformersGenerators, adapter: Path | None, batch_size: int) -> None:
        self._source = source
        self._adapter = adapter
        self._batch_size = batch_size

    @property
    def tool(self) -> Tool:
        """Everything that can change an answer, including the digest of the weights."""
        return self._tool

    @functools.cached_property
    def _tool(self) -> Tool:
        return self._source.tool(self._adapter)

    def reads(self, prompts: Sequence[Prompt]) -> str:
        """Return a digest of what the model reads for *prompts*, as the chat template renders them today."""
        return self._source.chat.digest(prompts, self._source.stops)

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Yield the completions of every prompt, longest prompts first, batch by batch."""
        jobs = self._jobs(prompts, sampling)
        for start in range(0, len(jobs), self._batch_size):
            batch = jobs[start : start + self._batch_size]
            model = self._source.model(self._adapter)
            window = _modelling.window_of(model.config)
            rations = [
                AnswerBudget(sampling, window and window - len(job.ids), self._source.chat.said)
                for job in batch
            ]
            with warnings.catch_warnings():
                # transformers 5.24 renames past_key_values, the only name that earlier ones know.
                warnings.simplefilter("ignore", FutureWarning)
                answers = _decode(model, batch, _Rules(sampling, self._source.stops, rations))
            for job, ids in zip(batch, answers, strict=True):
                yield from self._completions(job, ids)

    def _jobs(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[_Job]:
        greedy = sampling.temperature == 0
        read = [(prompt, self._source.chat.prompt_ids(prompt.text)) for prompt in prompts]
        read.sort(key=lambda pair: -len(pair[1]))
        if greedy:
            return [_Job(prompt, ids, prompt.first, sampling.samples - prompt.first) for prompt, ids in read]
        return [
            _Job(prompt, ids, index, 1)
            for prompt, ids in read
            for index in range(prompt.first, sampling.samples)
        ]

    def _completions(self, job: _Job, ids: list[int]) -> Iterator[Completion]:
        finished = bool(ids) and ids[-1] in self._source.stops
        text = self._source.chat.answer(ids[:-1]) if finished else self._source.chat.said(ids)
        for index in range(job.first, job.first + job.copies):
            yield Completion(
                prompt_id=job.prompt.id, index=index, text=text, finished=finished, tokens=len(ids)
            )


def _with_adapter(base: Any, adapter: Path | None) -> Any:
    """Return *base* with *adapter*: merged into a copy if wanted and exact, else attached."""
    if adapter is None:
        return base
    if not _merges(base):
        return _attached.attach(base, adapter)
    model = _attached.attach(copy.deepcopy(base), adapter)
    return model.merge_and_unload() if _attached.is_plain(model) else model


def _merges(base: Any) -> bool:
    """Whether to merge the adapter: twice as fast with small layers, but exact only in float32."""
    return str(base.device.type) == "cpu"


class _Rules(NamedTuple):
    """How a batch is sampled, and when its answers end."""

    sampling: Sampling
    stops: frozenset[int]
    rations: Sequence[AnswerBudget]
    """One limit per row."""


def _decode(model: Any, batch: Sequence[_Job], rules: _Rules) -> list[list[int]]:
    """Answer *batch*; rows that have ended leave it, so that they cost nothing more."""
    sampling, stops, rations = rules
    torch, caches = _modelling.library("torch"), _modelling.library("transformers.cache_utils")
    width = max(len(job.ids) for job in batch)
    _modelling.check_fits(model.config, width)
    pads = [width - len(job.ids) for job in batch]
    tokens = torch.tensor(
        [[0] * pad + job.ids for pad, job in zip(pads, batch, strict=True)], device=model.device
    )
    mask = (torch.arange(width) >= torch.tensor(pads)[:, None]).long().to(model.device)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    cache = caches.DynamicCache(config=model.config)
    draw = Draw([_stream(job, sampling, model.device) for job in batch], sampling)
    answers: list[list[int]] = [[] for _ in batch]
    rows = list(range(len(batch)))
    ends = torch.tensor(sorted(stops), device=model.device)
    with torch.inference_mode():
        while rows:
            logits = model(
                input_ids=tokens, attention_mask=mask, position_ids=positions, past_key_values=cache,
                use_cache=True, logits_to_keep=1,
            ).logits[:, -1].float()  # fmt: skip
            tokens = draw(logits, rows)[:, None]
            for row, token in zip(rows, tokens[:, 0].tolist(), strict=True):
                answers[row].append(token)
            spent = [rations[row].spent(answers[row]) for row in rows]
            going = ~(torch.isin(tokens[:, 0], ends) | torch.tensor(spent, device=model.device))
            mask = torch.cat([mask, mask.new_ones(len(rows), 1)], 1)
            positions = positions[:, -1:] + 1
            if not bool(going.all()):
                left = going.nonzero().flatten()
                rows = [rows[place] for place in left.tolist()]
                if not rows:
                    break
                tokens, mask, positions = tokens[left], mask[left], positions[left]
                cache.batch_select_indices(left)
    return answers


def _stream(job: _Job, sampling: Sampling, device: Any) -> Any:
    seed = int(digest(str(sampling.seed), job.prompt.id, str(job.first))[:15], 16)
    return _modelling.library("torch").Generator(device=device).manual_seed(seed)
