"""Read and explain settings from file, environment and options; a misspelt name is an error with a hint."""

import ast
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, JsonValue, SecretStr, ValidationError
from pydantic_core import to_jsonable_python
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ct_retrain.core.configuration.flattening import MASK, did_you_mean, flatten
from ct_retrain.core.configuration.recipes import challenger_settings
from ct_retrain.core.configuration.settings import FILE_NAME, PREFIX, Settings
from ct_retrain.core.errors import UsageError


class Loaded(NamedTuple):
    """Settings, and the origin of every value that is not a default."""

    settings: Settings
    origins: dict[str, str]


def load_settings(
    workspace: Path, options: Mapping[str, Any] | None = None, *, file: Path | None = None
) -> Loaded:
    """Load the settings of *workspace*; *file* must exist if given, else `ct-retrain.toml` is used if it
    exists.

    *options* maps dotted names to values. Raise UsageError that names every unknown or invalid setting at
    once.
    """
    if file is not None and not file.is_file():
        message = f"settings file {file} does not exist"
        raise UsageError(message)
    toml = file or workspace / FILE_NAME
    _refuse_secrets(options or {})
    nested = _nested(options or {})
    unknown = [*_unknown_variables(os.environ)]

    class _Here(Settings):
        model_config = SettingsConfigDict(toml_file=toml if toml.is_file() else None)

    try:
        loaded = _Here(**nested)
    except ValidationError as error:
        raise UsageError("\n".join([*unknown, *_complaints(error, toml)])) from error
    except ValueError as error:
        message = f"{toml}: {error}"
        raise UsageError(message) from error
    if unknown:
        raise UsageError("\n".join(unknown))
    challenger_settings(loaded.train)
    origins = {
        **dict.fromkeys(flatten(TomlConfigSettingsSource(_Here)()), str(toml)),
        **{_dotted(name): name for name in os.environ if name.startswith(PREFIX)},
        **dict.fromkeys(flatten(nested), "option"),
    }
    return Loaded(Settings.model_construct(**dict(loaded)), origins)


def flat(settings: Settings) -> dict[str, str]:
    """Return dotted name → value as text, with secrets masked, in the order of the sections."""
    return {name: str(value) for name, value in flatten(dict(settings)).items()}


def recordable(settings: Settings) -> dict[str, JsonValue]:
    """Return dotted name → JSON value, with secrets masked; `recorded` reads it."""
    return {name: to_jsonable_python(value) for name, value in flatten(dict(settings)).items()}


def secret_values(settings: Settings) -> tuple[str, ...]:
    """Return every secret in *settings*, and the parts of those that hold several addresses, longest first."""
    texts = [text.get_secret_value() for text in _secret(dict(settings))]
    parts = {part for text in texts for part in (text, *text.split()) if part}
    return tuple(sorted(parts, key=lambda part: (-len(part), part)))


def _secret(values: Mapping[str, Any]) -> Iterator[SecretStr]:
    for value in values.values():
        if isinstance(value, BaseModel):
            yield from _secret(dict(value))
        elif isinstance(value, SecretStr):
            yield value


def recorded(values: Mapping[str, JsonValue]) -> Settings:
    """The Settings that `recordable` made *values* of; secrets stay empty, new names keep defaults.

    Raise UsageError for a name or a value that this version does not know.
    """
    if all(isinstance(value, str) for value in values.values()):
        values = _from_texts(values)
    known = {name: value for name, value in values.items() if value != MASK}

    class _Told(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            *others: PydanticBaseSettingsSource,
            **more: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            del settings_cls, others, more
            return (init_settings,)

    try:
        return Settings.model_construct(**dict(_Told(**_nested(known))))
    except ValidationError as error:
        complaints = "; ".join(_complaints(error, Path("the record")))
        message = f"the settings on record are not those of this version: {complaints}"
        raise UsageError(message) from error


def _from_texts(values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the values that `str` turned into texts, as nights of earlier versions recorded them."""
    defaults = flatten(dict(Settings.model_construct()))
    return {name: _from_text(text, defaults.get(name)) for name, text in values.items()}


def _from_text(text: JsonValue, default: object) -> Any:
    if isinstance(default, str) or not isinstance(text, str):
        return text
    try:
        return to_jsonable_python(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text


def setting_names() -> tuple[str, ...]:
    """Return the dotted name of every setting."""
    return tuple(flatten(dict(Settings.model_construct())))


def secret_names() -> tuple[str, ...]:
    """Return the dotted names of the secret settings."""
    return tuple(name for name, value in flatten(dict(Settings.model_construct())).items() if value == MASK)


def public_environment() -> dict[str, str]:
    """Return this process's environment without ct-retrain's secrets, for programs of other authors."""
    hidden = {variable_of(name) for name in secret_names()} | {
        PREFIX + name.split(".")[0].upper() for name in secret_names()
    }
    return {name: value for name, value in os.environ.items() if name not in hidden}


def variable_of(name: str) -> str:
    """Return the name of the environment variable of a setting."""
    return PREFIX + name.upper().replace(".", "__")


def described() -> Iterator[tuple[str, str, str]]:
    """Return dotted name, default and description of every setting, section by section."""
    yield from _described(Settings, "")


def _described(section: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in section.model_fields.items():
        default: object = field.get_default(call_default_factory=True, validated_data={})
        if isinstance(default, BaseModel):
            yield from _described(type(default), f"{prefix}{name}.")
        else:
            shown = default.get_secret_value() if isinstance(default, SecretStr) else default
            yield f"{prefix}{name}", repr(shown), " ".join((field.description or "").split())


def _refuse_secrets(options: Mapping[str, Any]) -> None:
    """Refuse secrets as options: any user can read command lines, and shells keep a history."""
    for name in secret_names():
        if name in options:
            message = (
                f"{name} is a secret and may not be an option, where `ps` and the shell's history show it: set "
                f"{variable_of(name)} in the environment, or write it into a file that only you can read"
            )
            raise UsageError(message)


def _is_secret(name: str) -> bool:
    """Whether *name* is a secret or a section that holds one."""
    return any(
        secret == name or secret.startswith(f"{name}.") or name.startswith(f"{secret}.")
        for secret in secret_names()
    )


def _nested(options: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in options.items():
        *sections, last = name.split(".")
        place = nested
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return nested


def _dotted(variable: str) -> str:
    return variable.removeprefix(PREFIX).lower().replace("__", ".")


_LISTED = "; `ct-retrain config` lists them all"


def _unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    known = {variable_of(name) for name in setting_names()}
    known |= {PREFIX + name.upper() for name in Settings.model_fields}
    for variable in sorted(environment):
        if variable.startswith(PREFIX) and variable not in known:
            yield f"unknown environment variable {variable}{did_you_mean(variable, [*known], _LISTED)}"


def _complaints(error: ValidationError, toml: Path) -> Iterator[str]:
    known = setting_names()
    for problem in error.errors(include_url=False):
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            hint = did_you_mean(name, known, _LISTED)
            yield f"unknown setting {name} (in {toml.name} or an option){hint}"
        else:
            given = (
                "the value that is set (not shown: it may be a secret)"
                if _is_secret(name)
                else repr(problem["input"])
            )
            yield f"setting {name}: {problem['msg']}, not {given}"
