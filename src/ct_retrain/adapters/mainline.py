"""Examine mainline before a night: whether it can be trained and measured here, and how it is prompted.

No weights are loaded, and nothing is downloaded. A fault has the words of the error that would end the night.
Not covered: memory and time, and what a server or an external trainer makes of the model.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ct_retrain import disk
from ct_retrain.adapters import _modelling
from ct_retrain.adapters._chat import Chat, chat_of
from ct_retrain.core.configuration.settings import Settings
from ct_retrain.core.errors import UsageError
from ct_retrain.core.record import digest
from ct_retrain.core.records.problem import Prompt
from ct_retrain.core.records.readiness import Readiness

_ASKING = ("*.json", "*.jinja", "*.model", "merges.txt", "additional_chat_templates/*.jinja")
"""Files that determine how a model is prompted."""


@dataclass(frozen=True)
class LocalMainline:
    """The model that every night starts from, as it is on this machine."""

    base: str
    """A directory, or a name on the hub."""
    settings: Settings

    def identity(self) -> str:
        """Return a digest of the files and settings that determine how mainline is prompted; "" if none is
        used.
        """
        place = self._place() if self._needed else None
        if place is None:
            return ""
        files = {path for pattern in _ASKING for path in place.glob(pattern) if path.is_file()}
        named = (f"{path.relative_to(place)}={disk.sha256_of(path)}" for path in sorted(files))
        return digest(self.settings.train.chat, *named)

    def examine(self, questions: Sequence[Prompt] = ()) -> Readiness:
        """Report whether mainline can be trained and can answer *questions*."""
        if not self._needed:
            return Readiness(found="trained by train.command and asked at endpoint.url; not looked at here")
        try:
            with _modelling.quietly(download=False):
                place = _modelling.base_directory(self.base, download=False)
                return self._looked_at(place, questions)
        except UsageError as error:
            return Readiness(found=self.base, faults=(str(error),))

    @property
    def _needed(self) -> bool:
        return not (self.settings.endpoint.url and self.settings.train.command)

    def _place(self) -> Path | None:
        if Path(self.base).is_dir():
            return Path(self.base)
        if find_spec("huggingface_hub") is None:
            return None
        try:
            found: Any = _modelling.library("huggingface_hub").try_to_load_from_cache(
                self.base, "config.json"
            )
        except ValueError:  # a path: no name on the hub has its form
            return None
        return Path(found).parent if isinstance(found, str) else None

    def _looked_at(self, place: Path, questions: Sequence[Prompt]) -> Readiness:
        faults: list[str] = []
        config = _told(faults, lambda: _modelling.kind_of(place))
        _told(faults, lambda: _modelling.check_weights(place))
        chat = _told(faults, lambda: chat_of(place, self.settings.train.chat)) if config else None
        if config is None or chat is None:
            return Readiness(found=str(place), faults=tuple(faults))
        if not self.settings.endpoint.url:
            longest = max((len(chat.prompt_ids(one.text)) for one in questions), default=0)
            _told(faults, lambda: _modelling.check_fits(config, longest))
        ends = "".join(chat.tokenizer.convert_ids_to_tokens(list(chat.ending)[-1:]))
        found = f"{place}: {config.model_type}, answers end with {ends}"
        return Readiness(found=found, faults=tuple(faults), notes=tuple(self._notes(config, chat)))

    def _notes(self, config: Any, chat: Chat) -> list[str]:
        train, benchmark = self.settings.train, self.settings.benchmark
        window = _modelling.window_of(config)
        notes: list[str] = []
        if window is not None and window < train.hyperparameters.max_length:
            notes.append(f"rows of more than {window} tokens, mainline's window, are left out and counted")
        if window is not None and window < benchmark.max_new_tokens + benchmark.max_thinking_tokens:
            notes.append(f"answers end at {window} tokens, question included: that is mainline's window")
        if chat.dated:
            notes.append(
                "the chat template tells mainline today's date, so answers of earlier days are not used again: "
                "train.chat.date fixes it"
            )
        if chat.thinks and train.chat.thinking != "off" and not benchmark.max_thinking_tokens:
            notes.append(
                "mainline thinks before it answers, within benchmark.max_new_tokens: benchmark.max_thinking_tokens "
                "gives its thoughts room of their own"
            )
        if chat.thinks and train.chat.thinking == "off":
            notes.append(
                "mainline can think and is asked not to: train.chat.thinking turns it on; a server must be told the same"
            )
        if train.thoughts == "keep" and train.chat.thinking == "off":
            notes.append(
                "train.thoughts keeps the thoughts of gold answers and train.chat.thinking asks for none: set it to on"
            )
        return notes


def _told(faults: list[str], look: Callable[[], Any]) -> Any:
    """Return *look*'s result; None if it is refused, with the reason added to *faults* once."""
    try:
        return look()
    except UsageError as error:
        if str(error) not in faults:
            faults.append(str(error))
        return None
