"""Copies the files that a passing simulation names into the artefact store, or returns why that is not possible."""

import hashlib
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from ct_retrain import disk
from ct_retrain.core.records.dataset import Artefact, Attempt, Trace
from ct_retrain.core.records.verdict import FILE_NAME
from ct_retrain.stages._several_files import (
    MOST_FILES,
    JoinedSource,
    SharedFiles,
    SourcePart,
    as_list,
    surroundings_of,
    whole,
)
from ct_retrain.trace import FileRefusal, Simulation, TraceFiles, instruction_of, spec_hash_of
from ct_retrain.trace.lines import Payload, in_utc


class FailedAttempt(NamedTuple):
    """A failed attempt, kept until its spec passes in the same run."""

    line: int
    spec: str
    rtl: str
    log: str
    files: Sequence[str] = ()
    """For a design in several files, those before `rtl`."""
    dirs: Sequence[str] = ()
    defines: Sequence[Sequence[str]] = ()

    @classmethod
    def of(cls, line: int, spec: str, payload: Payload, longest: int) -> "FailedAttempt | None":
        """Return the attempt of *payload* with at most *longest* characters of its log; None if it names no design."""
        first, last = _names(payload.rtl_files, payload.rtl_file)
        if not last:
            return None
        log = payload.simulation_log or payload.simulation_compile_log or ""
        around = surroundings_of(payload)
        several = [encodable(name) for name in first]
        dirs = [encodable(name) for name in around.dirs]
        defines = [(name, encodable(value)) for name, value in around.defines]
        return cls(line, spec, encodable(last), encodable(log[-longest:]), several, dirs, defines)


def _names(several: Sequence[str] | str | None, one: str | None) -> tuple[tuple[str, ...], str]:
    """Return the files before the last one, and the last one; "" if there is none."""
    names = [name for name in as_list(several) if name and name != one]
    names += [one] if one else []
    return tuple(names[:-1]), names[-1] if names else ""


class _Found(NamedTuple):
    name: str
    data: bytes


class _Texts(NamedTuple):
    rtl: JoinedSource
    testbench: JoinedSource
    data: tuple[_Found, ...]


class _Sources(NamedTuple):
    spec: _Found
    texts: _Texts
    compile_log: _Found | None
    simulation_log: _Found | None


class ArtefactReader:
    """Reads the files that one run names, and stores those that are wanted."""

    def __init__(self, reach: TraceFiles, pack: disk.PackWriter, limit: int, latest: str) -> None:
        """Refuse sources of more than *limit* bytes; cut logs to their last *limit* bytes.

        A trace with a time later than *latest* (ISO 8601 in UTC) gets *latest*, since it was written by then.
        """
        self._reach = reach
        self._pack = pack
        self._limit = limit
        self._latest = latest

    def trace(self, run: str, entry: Simulation, tried: Sequence[FailedAttempt]) -> Trace | FileRefusal:
        """Return the trace of the passing *entry* after storing its files, or the refusal; then no file is stored."""
        payload = entry.payload
        found = self._sources(payload)
        if isinstance(found, FileRefusal):
            return found
        rtl = self._keep(found.texts.rtl)
        return Trace(
            run_id=run,
            line=entry.number,
            generated_at=min(in_utc(entry.timestamp), self._latest),
            spec_hash=encodable(
                payload.spec_hash or spec_hash_of(found.spec.data.decode("utf-8", "replace"))
            ),
            category=encodable(payload.category) if payload.category else None,
            source=encodable(payload.source or "pipeline"),
            generator=encodable(payload.generator or ""),
            spec=self._keep(found.spec),
            rtl=rtl,
            testbench=self._keep(found.texts.testbench),
            compile_log=self._keep(found.compile_log) if found.compile_log else None,
            simulation_log=self._keep(found.simulation_log) if found.simulation_log else None,
            attempts=tuple(attempt for one in tried if (attempt := self._attempt(one, rtl)) is not None),
            rtl_files=self._parts(found.texts.rtl),
            testbench_files=self._parts(found.texts.testbench),
            data_files=tuple(self._keep(each) for each in found.texts.data),
        )

    def _sources(self, payload: Payload) -> _Sources | FileRefusal:
        spec = self._spec(payload.spec_path, payload.spec)
        if isinstance(spec, FileRefusal):
            return spec
        texts = self._texts(payload)
        if isinstance(texts, FileRefusal):
            return texts
        compile_log = self._log("simulation_compile_log", payload.simulation_compile_log)
        if isinstance(compile_log, FileRefusal):
            return compile_log
        simulation_log = self._log("simulation_log", payload.simulation_log)
        if isinstance(simulation_log, FileRefusal):
            return simulation_log
        return _Sources(spec, texts, compile_log, simulation_log)

    def _texts(self, payload: Payload) -> _Texts | FileRefusal:
        around = surroundings_of(payload)
        rtl = self._whole("rtl_file", _names(payload.rtl_files, payload.rtl_file), around)
        if isinstance(rtl, FileRefusal):
            return rtl
        around = around._replace(design=rtl.parts or (SourcePart(rtl.name, rtl.data),))
        named = _names(payload.testbench_files, payload.testbench_file)
        testbench = self._whole("testbench_file", named, around)
        if isinstance(testbench, FileRefusal):
            return testbench
        data = self._data(payload)
        return data if isinstance(data, FileRefusal) else _Texts(rtl, testbench, data)

    def _keep(self, found: _Found | JoinedSource | SourcePart) -> Artefact:
        sha256 = self._pack.add(found.data)
        return Artefact(name=encodable(found.name), sha256=sha256, size=len(found.data))

    def _parts(self, found: JoinedSource) -> tuple[Artefact, ...]:
        return tuple(self._keep(part) for part in found.parts)

    def _attempt(self, tried: FailedAttempt, answer: Artefact) -> Attempt | None:
        """Return the failed attempt; None if its RTL is gone or has been overwritten by the *answer*."""
        around = SharedFiles(tuple(tried.dirs), tuple((name, value) for name, value in tried.defines))
        rtl = self._whole("rtl_file", (tuple(tried.files), tried.rtl), around)
        if isinstance(rtl, FileRefusal) or hashlib.sha256(rtl.data).hexdigest() == answer.sha256:
            return None
        log = self._log("simulation_log", tried.log)
        kept = None if log is None or isinstance(log, FileRefusal) else self._keep(log)
        return Attempt(line=tried.line, rtl=self._keep(rtl), log=kept)

    def _whole(
        self, key: str, names: tuple[tuple[str, ...], str], around: SharedFiles
    ) -> JoinedSource | FileRefusal:
        """Return the design or the testbench in the files *names* as one text."""
        first, last = names
        if not last:
            return FileRefusal("no_rtl" if key == "rtl_file" else "no_testbench", f"payload.{key} is missing")
        made = whole(key, (*first, last), self._bytes_of, around)
        if isinstance(made, JoinedSource) and len(made.data) > self._limit:
            return FileRefusal("artefact_too_large", f"{key}: {len(made.data)} bytes, limit {self._limit}")
        return made

    def _bytes_of(self, key: str, value: str) -> bytes | FileRefusal:
        found = self._text(key, value) if "\n" in value else self._file(key, value)
        return found if isinstance(found, FileRefusal) else found.data

    def _data(self, payload: Payload) -> tuple[_Found, ...] | FileRefusal:
        """Return the data files of the simulation, each named by the last part of its path."""
        found: dict[str, _Found] = {}
        names = as_list(payload.data_files)
        if len(names) > MOST_FILES:
            return FileRefusal("artefact_too_large", f"data_files: {len(names)} files, limit {MOST_FILES}")
        for name in names:
            base = PurePosixPath(name).name
            if not FILE_NAME.fullmatch(base):
                return FileRefusal("bad_path", f"data_files: {name[:200]!r}")
            each = self._file("data_files", name)
            if isinstance(each, FileRefusal):
                return each
            if base in found and found[base].data != each.data:
                return FileRefusal("bad_path", f"data_files: two files are called {base}")
            found[base] = _Found(base, each.data)
        return tuple(found.values())

    def _spec(self, path: str | None, text: str | None) -> _Found | FileRefusal:
        if path and "\n" not in path:
            found = self._file("spec_path", path)
            if isinstance(found, _Found):
                return _with_words(found)
            if not text and not (_reads_as_words(path) and found.reason in {"artefact_missing", "bad_path"}):
                return found
        words = text or path
        if not words:
            return FileRefusal("no_spec", "payload has neither spec_path nor spec")
        found = self._text("spec", words)
        return found if isinstance(found, FileRefusal) else _with_words(found)

    def _log(self, key: str, value: str | None) -> _Found | FileRefusal | None:
        """Return the end of a log. A value with spaces that names no file is the log itself."""
        if not value:
            return None
        if "\n" not in value:
            data = self._reach.read_end(value, self._limit)
            if not isinstance(data, FileRefusal):
                return _Found(value, data)
            if " " not in value or data.reason not in {"artefact_missing", "bad_path"}:
                return FileRefusal(data.reason, f"{key}: {data.detail}")
        return _Found(key, as_bytes(value)[-self._limit :])

    def _text(self, key: str, value: str) -> _Found | FileRefusal:
        data = as_bytes(value)
        if len(data) > self._limit:
            return FileRefusal("artefact_too_large", f"{key}: {len(data)} bytes, limit {self._limit}")
        return _Found(key, data)

    def _file(self, key: str, value: str) -> _Found | FileRefusal:
        data = self._reach.read(value, self._limit)
        return (
            FileRefusal(data.reason, f"{key}: {data.detail}")
            if isinstance(data, FileRefusal)
            else _Found(value, data)
        )


def encodable(text: str) -> str:
    """Return *text* with lone surrogates as backslash escapes, so that it can be encoded as UTF-8."""
    return text if text.isascii() else as_bytes(text).decode()


def as_bytes(text: str) -> bytes:
    """Return *text* in UTF-8, with lone surrogates as backslash escapes."""
    return text.encode("utf-8", "backslashreplace")


def _with_words(found: _Found) -> _Found | FileRefusal:
    if instruction_of(found.data.decode("utf-8", "replace")):
        return found
    return FileRefusal("no_spec", f"{found.name} is empty")


def _reads_as_words(value: str) -> bool:
    """Whether *value*, which names no file, is a sentence rather than a path."""
    return " " in value.strip() and "/" not in value and not PurePosixPath(value).suffix
