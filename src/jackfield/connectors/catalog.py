"""Catalog of all connectors of a running hub."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from jackfield.connectors.action import ActionInfo
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.connectors.diagnostics import Diagnostic, InvalidConnector, Severity
from jackfield.connectors.loading.cache import Cache
from jackfield.connectors.loading.discovery import Signature, find_connectors
from jackfield.connectors.loading.loader import load
from jackfield.connectors.loading.reader_process import ReaderProcess
from jackfield.connectors.signatures import Signers
from jackfield.kit.errors import NotFound

_LONGEST_NAME: Final = 128
_SUGGESTIONS: Final = 3
T = TypeVar("T")


class ConnectorNotFound(NotFound):
    """There is no such connector."""

    code = "connector_not_found"


class ActionNotFound(NotFound):
    """There is no such action."""

    code = "action_not_found"


@dataclass(frozen=True, slots=True)
class _Loaded:
    """One main file: its signature when it was last read, and the connector or its findings."""

    signature: Signature
    connector: Connector | None
    findings: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """
    A version of a connector that was uploaded, and the project it belongs to.

    The one that `is_running` is used, others by the profiles that are pinned to them. `connector`
    is absent where it no longer loads.
    """

    id: str
    key: str
    version: str
    project_id: str
    is_running: bool
    connector: Connector | None
    findings: tuple[Diagnostic, ...] = ()


class Catalog:
    """The connectors found in some folders, and those that were uploaded.

    One in a later folder replaces one of the same key in an earlier folder, and an uploaded one
    stands between the first folder and the others. Readers never wait for loading: a reload
    replaces the complete state at once. If there are `signers`, all but those of the first folder
    have to be signed by one of them.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        cache: Path | None = None,
        fills_cache: bool = True,
        signers: Signers | None = None,
    ) -> None:
        """`cache` is a folder for parsed connectors; it may be deleted at any time."""
        self.signers: Final = signers
        self._folders = tuple(folders)
        self._cache = Cache(cache, is_filled=fills_cache) if cache else None
        self._files: Mapping[Path, _Loaded] = {}
        self._in_folders: list[list[Connector]] = []
        self._connectors: Mapping[str, Connector] = {}
        self._published: tuple[Published, ...] = ()
        self._names: Mapping[str, tuple[str, ...]] = {}
        self._pinned: Mapping[tuple[str, str], Connector] = {}
        self._arranging = threading.Lock()
        self._clashes: tuple[Diagnostic, ...] = ()
        self._derived: dict[object, Any] = {}
        self._found: dict[str, tuple[Connector, ActionInfo]] = {}
        self._reading: dict[str, bool] = {}

    def load(self, *, process: ReaderProcess | None = None) -> None:
        """
        Load every connector; invalid ones are left out and reported in `findings`.

        What is not in the cache is read by `process`, if there is one, which is closed.
        """
        self._read({}, process)
        if process is not None:
            process.close()
        if self._cache:
            self._cache.prune()

    def reload_if_changed(self) -> bool:
        """Load the connectors that changed, and return whether there were any.

        A connector that no longer loads keeps its last version, with a finding in `findings`.
        """
        return self._read(self._files)

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """The errors and warnings of all connectors."""
        return (
            *(each for file in self._files.values() for each in file.findings),
            *(each for one in self._published if one.is_running for each in one.findings),
            *self._clashes,
        )

    @property
    def published(self) -> tuple[Published, ...]:
        """The versions of uploaded connectors that are loaded."""
        return self._published

    def use_published(
        self, published: Sequence[Published], names: Mapping[str, tuple[str, ...]]
    ) -> None:
        """Use these uploaded connectors and no others; `names` are all their versions, by key."""
        with self._arranging:
            self._published, self._names = tuple(published), dict(names)
            self._pinned = {
                (each.key, each.version): each.connector for each in published if each.connector
            }
            self._arrange()

    def connectors(self) -> tuple[Connector, ...]:
        """Return all connectors, by key."""
        return tuple(self._connectors.values())

    def find(self, key: str, version: str | None = None) -> Connector | None:
        """Return a connector: in the version that runs, unless there is the one that is wanted."""
        running = self._connectors.get(key)
        if version is None or (running is not None and running.version == version):
            return running
        return self._pinned.get((key, version), running)

    def get(self, key: str, version: str | None = None) -> Connector:
        """
        Return a connector, as `find` does.

        Raises:
            ConnectorNotFound: there is no connector with this key.
        """
        connector = self.find(key, version)
        if connector is None:
            raise ConnectorNotFound(_message("connector", key, self._connectors))
        return connector

    def versions(self, key: str) -> tuple[str, ...]:
        """Return the versions that a profile of a connector can be pinned to."""
        running = self._connectors.get(key)
        known = () if running is None else (running.version,)
        return tuple(dict.fromkeys((*known, *self._names.get(key, ()))))

    def owner_of(self, key: str) -> str | None:
        """Return the project that an uploaded connector belongs to; none of one in a folder."""
        running = self._connectors.get(key)
        found = (each for each in self._published if each.connector is running is not None)
        return next((each.project_id for each in found), None)

    def is_in_folder(self, key: str, *, beside_first: bool = False) -> bool:
        """Return whether a folder has a connector of this key; `beside_first`, one of the others."""
        folders = self._in_folders[1:] if beside_first else self._in_folders
        return any(each.key == key for folder in folders for each in folder)

    def only_reads(self, action_id: str) -> bool:
        """Return whether an action changes nothing in any version that may be run."""
        known = self._reading.get(action_id)
        if known is None and self.find_action(action_id) is not None:
            running = self.owner(action_id)
            found = (
                each.find_action(action_id) for each in (running, *self._pinned.values()) if each
            )
            known = self._reading[action_id] = all(each.only_reads for each in found if each)
        return known is not False

    def find_auth_method(self, key: str, method: str) -> AuthMethod | None:
        """Return an auth method of a connector, in the version that runs or in one that is used."""
        pinned = (each for each in self._pinned.values() if each.key == key)
        found = (each.find_auth_method(method) for each in (self.find(key), *pinned) if each)
        return next((each for each in found if each is not None), None)

    def derived(self, make: Callable[[Self], T]) -> T:
        """Return `make(self)`, cached until the connectors change."""
        cached = self._derived
        if make not in cached:
            cached[make] = make(self)
        return cached[make]

    def has_derived(self, make: Callable[[Self], object]) -> bool:
        return make in self._derived

    def action(self, action_id: str) -> tuple[Connector, ActionInfo]:
        """
        Return an action by its full id, and the connector it belongs to.

        Raises:
            ActionNotFound: there is no action with this id.
        """
        # Nearly always it is known: every call asks.
        found = self._found.get(action_id) or self.find_action(action_id)
        if found is None:
            connector = self.owner(action_id)
            near = [connector] if connector else self._connectors.values()
            known = (each.id for owner in near for each in owner.actions)
            raise ActionNotFound(_message("action", action_id, known))
        return found

    def find_action(self, action_id: str) -> "tuple[Connector, ActionInfo] | None":
        """
        Return an action by its full id, and the connector it belongs to, if there is one.

        One that the version that runs no longer has is found in another that is used.
        """
        found = self._found.get(action_id)
        if found is None:
            connector = self.owner(action_id)
            for each in (*((connector,) if connector else ()), *self._pinned.values()):
                if (action := each.find_action(action_id)) is not None:
                    found = self._found[action_id] = each, action
                    break
        return found

    def owner(self, action_id: str) -> Connector | None:
        """
        Return the connector that has an action of this id.

        Keys may have `_`: if none has it, the connector is returned whose key is the longest that
        the id begins with.
        """
        longest: Connector | None = None
        # No further than a key can be long: the id may be all that fits a request.
        end = max(map(len, self._connectors), default=0) + 1
        while (end := action_id.rfind("_", 0, end)) > 0:
            if connector := self._connectors.get(action_id[:end]):
                if connector.find_action(action_id) is not None:
                    return connector
                longest = longest or connector
        return longest

    def _read(self, known: Mapping[Path, _Loaded], process: ReaderProcess | None = None) -> bool:
        files: dict[Path, _Loaded] = {}
        folders: list[list[Connector]] = []
        for folder in self._folders:
            # Those of the first came with the hub itself.
            signers = None if folder is self._folders[0] else self.signers
            found = {
                file: _unchanged(known.get(file), signature)
                or self._load(file, signature, known.get(file), signers, process)
                for file, signature in find_connectors(folder).items()
            }
            files |= found
            folders.append([each.connector for each in found.values() if each.connector])
        if files == self._files:
            return False
        with self._arranging:
            self._files, self._in_folders = files, folders
            self._arrange()
        return True

    def _arrange(self) -> None:
        uploaded = [
            each.connector for each in self._published if each.is_running and each.connector
        ]
        first, *others = self._in_folders or [[]]
        newest, replaced = _by_key([first, uploaded, *others], self._connectors)
        self._connectors, refused = _apart(newest, self._connectors)
        self._clashes = (*replaced, *refused)
        self._derived, self._found, self._reading = {}, {}, {}

    def _load(
        self,
        file: Path,
        signature: Signature,
        before: _Loaded | None,
        signers: Signers | None,
        process: ReaderProcess | None,
    ) -> _Loaded:
        try:
            connector = load(file, cache=self._cache, signers=signers, process=process)
        except InvalidConnector as invalid:
            last = before.connector if before else None
            findings = invalid.findings
            if last:
                message = f"Version {last.version} of '{last.key}' as it last loaded stays in use."
                findings += (Diagnostic(file, 1, 1, "", message, Severity.WARNING),)
            return _Loaded(signature, last, findings)
        return _Loaded(signature, connector, connector.findings)


def _unchanged(before: _Loaded | None, signature: Signature) -> _Loaded | None:
    return before if before and before.signature == signature else None


def _by_key(
    folders: Iterable[Sequence[Connector]], in_use: Mapping[str, Connector]
) -> tuple[dict[str, Connector], tuple[Diagnostic, ...]]:
    connectors: dict[str, Connector] = {}
    clashes: list[Diagnostic] = []
    for found in folders:
        clashes += repeated_keys(found)
        keys = Counter(each.key for each in found)
        for connector in found:
            last, other = in_use.get(connector.key), connectors.get(connector.key)
            # The order of folders does not choose between two: only what is in use stays.
            if keys[connector.key] > 1 and (last is None or last.file != connector.file):
                continue
            if other is not None:
                message = f"It replaces '{connector.key}' in {other.file}."
                finding = Diagnostic(connector.file, 1, 1, "info.key", message, Severity.WARNING)
                clashes.append(finding)
            connectors[connector.key] = connector
    return connectors, tuple(clashes)


def repeated_keys(connectors: Iterable[Connector]) -> tuple[Diagnostic, ...]:
    """Return a finding for each connector that has the key of an earlier one."""
    owners: dict[str, Connector] = {}
    findings: list[Diagnostic] = []
    for connector in connectors:
        other = owners.setdefault(connector.key, connector)
        if other is not connector:
            message = (
                f"The key '{connector.key}' is that of version {other.version} in {other.file}, "
                f"too, and of version {connector.version} here. Take one of them away, or give it "
                "another key: the hub does not choose between them."
            )
            findings.append(Diagnostic(connector.file, 1, 1, "info.key", message))
    return tuple(findings)


def _apart(
    newest: Mapping[str, Connector], in_use: Mapping[str, Connector]
) -> tuple[dict[str, Connector], tuple[Diagnostic, ...]]:
    """Return the connectors, by key, no two of which have an action of one id; and the findings."""
    kept: list[Connector] = []
    findings: list[Diagnostic] = []
    # What is in use stays, whatever comes beside it.
    for connector in sorted(newest.values(), key=lambda each: in_use.get(each.key) is not each):
        found = ambiguous_ids([*kept, connector])
        findings += found
        last = in_use.get(connector.key)
        if not found:
            kept.append(connector)
        elif last is not None and not ambiguous_ids([*kept, last]):
            kept.append(last)
    return {each.key: each for each in sorted(kept, key=lambda each: each.key)}, tuple(findings)


def ambiguous_ids(connectors: Iterable[Connector]) -> tuple[Diagnostic, ...]:
    """Return a finding for each action whose full id is that of an earlier connector's, too."""
    owners: dict[str, Connector] = {}
    findings: list[Diagnostic] = []
    for connector in connectors:
        for action in connector.actions:
            other = owners.setdefault(action.id, connector)
            if other.key != connector.key:
                message = (
                    f"The action id '{action.id}' may mean '{action.id[len(other.key) + 1 :]}' of "
                    f"'{other.key}' ({other.file}) or '{action.id[len(connector.key) + 1 :]}' of "
                    f"'{connector.key}'. Call one of the actions otherwise."
                )
                findings.append(Diagnostic(connector.file, 1, 1, "info.key", message))
    return tuple(findings)


def _message(what: str, name: str, known: Iterable[str]) -> str:
    name = name[:_LONGEST_NAME]
    near = get_close_matches(name, list(known), n=_SUGGESTIONS)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"There is no {what} {name!r}.{hint}"
