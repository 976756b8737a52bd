"""Inspection of an uploaded connector: everything that is wrong with it, with the lines quoted."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from jackfield.connectors import yaml
from jackfield.connectors.catalog import ambiguous_ids
from jackfield.connectors.connector import Connector
from jackfield.connectors.diagnostics import Diagnostic, InvalidConnector
from jackfield.connectors.files import FilesInMemory
from jackfield.connectors.loading.loader import load
from jackfield.connectors.signatures import Signers
from jackfield.engine.schema.report import KeyPath
from jackfield.kit.json import as_object, mapping, text
from jackfield.uploads.bundle import Bundle

LONGEST_VERSION: Final = 64
_LONGEST_QUOTE: Final = 160
# The dashboard has pages of its own at their places.
RESERVED: Final = frozenset({"upload"})


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic with the line that it is about; `mark` is where in the quote it is, from 0."""

    diagnostic: Diagnostic
    quote: str
    mark: int


@dataclass(frozen=True)
class Inspection:
    """What a connector's files come to; there is no `connector` if they cannot be read as one."""

    key: str
    version: str
    connector: Connector | None
    findings: tuple[Finding, ...]

    @cached_property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.diagnostic.is_error)

    @property
    def is_publishable(self) -> bool:
        return self.connector is not None and not self.errors


def inspect(
    bundle: Bundle,
    *,
    key: str,
    published: Collection[str] = (),
    others: Iterable[Connector] = (),
    signers: Signers | None = None,
) -> Inspection:
    """
    Read a connector as the hub would, in strict mode, and without the files of this machine.

    `published` are the versions of it that are out already, `others` the connectors beside it, and
    `signers` the keys that it has to be signed by one of.
    """
    connector: Connector | None = None
    try:
        connector = load(bundle.main, files=FilesInMemory(bundle.files), signers=signers)
        found = list(connector.findings)
    except InvalidConnector as invalid:
        found = list(invalid.findings)
    except RecursionError:
        found = [Diagnostic(bundle.main, 1, 1, "", "The document is nested too deeply.")]
    places = _Places(bundle)
    if connector is not None:
        found += _unfit(connector, key, published, places)
        found += ambiguous_ids([*(each for each in others if each.key != key), connector])
    unsorted = {(each.file, each.line, each.column, each.message): each for each in found}
    return Inspection(
        key=connector.key if connector else places.text("key") or key,
        version=(connector.version if connector else places.text("version"))[:LONGEST_VERSION],
        connector=connector,
        findings=tuple(_quoted(bundle, each) for each in sorted(unsorted.values())),
    )


def told_key(bundle: Bundle) -> str:
    """Return the key that a main file says it has, or else the one in the file's name."""
    return _Places(bundle).text("key") or bundle.main.name.partition(".")[0].lower()


def _unfit(
    connector: Connector, key: str, published: Collection[str], places: "_Places"
) -> Iterator[Diagnostic]:
    if connector.mode != "strict":
        message = (
            "An uploaded connector is read in strict mode: write 'engine: strict' at the root."
        )
        yield places.diagnostic(("engine",), message)
    if connector.key != key:
        message = f"This is uploaded as '{key}'. The key of a connector never changes."
        yield places.diagnostic(("info", "key"), message)
    if connector.key in RESERVED:
        message = f"'{connector.key}' is a page of the dashboard. Take another key."
        yield places.diagnostic(("info", "key"), message)
    if len(connector.version) > LONGEST_VERSION:
        message = f"A version has at most {LONGEST_VERSION} characters."
        yield places.diagnostic(("info", "version"), message)
    if connector.version in published:
        message = f"Version {connector.version} is published already, and stays as it is. Raise the version."
        yield places.diagnostic(("info", "version"), message)


class _Places:
    """Where things stand in the main file, as far as it can be read."""

    def __init__(self, bundle: Bundle) -> None:
        self._file: Final = bundle.main
        try:
            content = bundle.files[str(bundle.main)].decode("utf-8-sig")
            self._document = yaml.parse(content)
        except (UnicodeDecodeError, yaml.Malformed, RecursionError):
            self._document = None

    def text(self, name: str) -> str:
        value = None if self._document is None else self._document.value
        return text(mapping(as_object(value), "info"), name)

    def diagnostic(self, path: KeyPath, message: str) -> Diagnostic:
        place = yaml.Place(1, 1) if self._document is None else self._document.value_place(path)
        return Diagnostic(self._file, place.line, place.column, ".".join(map(str, path)), message)


def _quoted(bundle: Bundle, found: Diagnostic) -> Finding:
    content = bundle.files.get(str(found.file), b"").decode("utf-8-sig", "replace")
    lines = content.splitlines()
    line = lines[found.line - 1] if 0 < found.line <= len(lines) else ""
    start = max(0, found.column - 1 - _LONGEST_QUOTE // 2) if len(line) > _LONGEST_QUOTE else 0
    quote = line[start : start + _LONGEST_QUOTE].rstrip()
    return Finding(found, quote, min(found.column - 1 - start, len(quote)))
