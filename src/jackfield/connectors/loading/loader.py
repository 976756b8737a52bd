"""Loader of connectors: from files to a `Connector`, or to all diagnostics."""

import gc
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from jackfield.connectors import yaml
from jackfield.connectors.compilation import Compilation
from jackfield.connectors.connector import Connector, Icon, build
from jackfield.connectors.diagnostics import Diagnostic, InvalidConnector
from jackfield.connectors.files import ON_DISK, Files, FilesInMemory
from jackfield.connectors.loading import includes, validation
from jackfield.connectors.loading.cache import Cache
from jackfield.connectors.loading.defaults import expand
from jackfield.connectors.loading.includes import Source
from jackfield.connectors.loading.reader_process import ReaderProcess
from jackfield.connectors.loading.reading import Reading, pack
from jackfield.connectors.signatures import Signers, beside
from jackfield.engine.schema.report import Problem, Severity, spell
from jackfield.kit.json import Json


def load(
    main: Path,
    *,
    cache: Cache | None = None,
    files: Files = ON_DISK,
    signers: Signers | None = None,
    process: ReaderProcess | None = None,
) -> Connector:
    """
    Load the connector whose main file is `main` among `files`. Warnings are in its `findings`.

    What is not in `cache` is read by `process`, if there is one.

    Raises:
        InvalidConnector: it is invalid, or not signed by one of `signers`; the error has all
            findings.
    """
    connector, text = read(main, cache=cache, files=files, process=process)
    if signers is None:
        return connector
    # What was proved is what is used, whatever becomes of the files.
    connector = _kept(connector)
    signers.require(connector, text)
    return connector


def _kept(connector: Connector) -> Connector:
    """Return the connector with the files beside it in memory; those too large are left out."""
    files, contents = connector.files, dict[str, bytes]()
    for each in beside(connector):
        try:
            if files.size(each) <= includes.MAX_SIZE:
                contents[str(each)] = files.read(each)
        except OSError as error:
            message = f"The file cannot be read: {error.strerror}."
            raise InvalidConnector([Diagnostic(each, 1, 1, "", message)]) from error
    kept, icon = FilesInMemory(contents), connector.icon
    return replace(
        connector, files=kept, icon=replace(icon, files=kept) if isinstance(icon, Icon) else icon
    )


def read(
    main: Path,
    *,
    cache: Cache | None = None,
    files: Files = ON_DISK,
    process: ReaderProcess | None = None,
) -> tuple[Connector, str]:
    """
    Load a connector, and return it with the text that it was compiled from.

    Raises:
        InvalidConnector: as `load`.
    """
    with _uncollected():
        source = includes.resolve(main, files)
        reading = cache.find(source) if cache else None
        packed = None
        if reading is None and process is not None and (packed := process.read(source)):
            reading = Reading.unpack(packed)
        if reading is None:
            compilation, findings = _read(source)
            packed = pack(compilation.document, findings) if cache and cache.is_filled else None
        elif reading.document is None:
            raise InvalidConnector(reading.findings)
        else:
            compilation, findings = Compilation(reading.document), reading.findings
        if cache and packed:
            cache.store(source, packed)
        return build(compilation, file=main, findings=findings, files=files), source.text


def read_source(source: Source) -> bytes:
    """
    Return the packed reading of a text that is valid.

    Raises:
        InvalidConnector: it is not.
    """
    with _uncollected():
        compilation, findings = _read(source)
        return pack(compilation.document, findings)


@contextmanager
def _uncollected() -> Generator[None]:
    """Pause the cycle collector: it would take half the time of a large document, in vain."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read(source: Source) -> tuple[Compilation, tuple[Diagnostic, ...]]:
    try:
        document = yaml.parse(source.text)
    except yaml.Malformed as malformed:
        finding = _finding(source, malformed.fault.place, "", malformed.fault.message)
        raise InvalidConnector([finding]) from malformed
    faults = [_finding(source, fault.place, "", fault.message) for fault in document.faults]
    problems = validation.validate(document.value)
    if faults or any(problem.fatal for problem in problems):
        raise InvalidConnector([*faults, *_findings(source, document, problems)])
    compilation = Compilation(expand(cast("dict[str, Json]", document.value)))
    problems += validation.compile_all(compilation, problems)
    findings = tuple(sorted(_findings(source, document, problems)))
    if any(problem.fatal for problem in problems):
        raise InvalidConnector(findings)
    return compilation, findings


def _findings(
    source: Source, document: yaml.Document, problems: Iterable[Problem]
) -> Iterable[Diagnostic]:
    found = set[tuple[Path, yaml.Place]]()
    for problem in problems:
        find = document.key_place if problem.on_key else document.value_place
        file, place = source.origin(find(problem.path))
        found.add((file, place))
        yield Diagnostic(
            file,
            place.line,
            place.column,
            spell(problem.path),
            problem.message,
            problem.severity,
        )
    for doubt in document.doubts:
        if source.origin(doubt.place) not in found:
            finding = _finding(source, doubt.place, "", doubt.message)
            yield replace(finding, severity=Severity.WARNING)


def _finding(source: Source, where: yaml.Place, path: str, message: str) -> Diagnostic:
    file, place = source.origin(where)
    return Diagnostic(file, place.line, place.column, path, message)
