"""A connector: the parsed document as the hub uses it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from jackfield.connectors.action import ActionInfo, read_action
from jackfield.connectors.auth import AuthMethod, read_auth_method
from jackfield.connectors.compilation import Compilation
from jackfield.connectors.diagnostics import Diagnostic
from jackfield.connectors.files import ON_DISK, Files
from jackfield.connectors.quality import InvalidQuality, Quality, read_quality
from jackfield.engine.compat import Mode
from jackfield.engine.connector import CompiledConnector
from jackfield.kit.json import Json, items, mapping, text, words


@dataclass(frozen=True, slots=True)
class ScopeDefinition:
    """A scope, plan or flag that gates actions at the provider."""

    name: str
    description: str
    includes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    url: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Icon:
    """An icon among the connector's files."""

    file: Path
    files: Files

    def read(self) -> bytes:
        """
        Return the image.

        Raises:
            OSError: it cannot be read.
        """
        return self.files.read(self.file)


@dataclass(frozen=True, eq=False)
class Connector:
    """One provider with its auth methods and actions.

    `icon` is a file beside the connector, or a URL. `findings` are warnings, and errors that make
    single actions unusable.
    """

    key: str
    title: str
    version: str
    description: str
    details: str
    instructions: str
    categories: tuple[str, ...]
    release_stage: str
    mode: Mode
    icon: Icon | str | None
    links: tuple[Link, ...]
    scope_definitions: tuple[ScopeDefinition, ...]
    auth_methods: tuple[AuthMethod, ...]
    actions: tuple[ActionInfo, ...]
    file: Path
    findings: tuple[Diagnostic, ...]
    compilation: Compilation = field(repr=False)
    files: Files = field(repr=False)

    @cached_property
    def quality(self) -> Quality | None:
        """What its author states of how far it has been proved, where that can be read."""
        try:
            return read_quality(self.file, self.files)
        except InvalidQuality:
            return None

    @property
    def level(self) -> str | None:
        """The level that its author states; `None` if there is none yet."""
        return self.quality.level.value if self.quality and self.quality.level else None

    @property
    def is_offered(self) -> bool:
        """Whether it is listed for projects; an internal one exists but is not shown."""
        return self.release_stage != "internal"

    @property
    def icon_path(self) -> str:
        """The path of its icon on the hub."""
        return f"/connectors/{self.key}/icon"

    @cached_property
    def compiled(self) -> CompiledConnector:
        return self.compilation.connector

    def find_action(self, action_id: str) -> ActionInfo | None:
        """Return the action with this full id, if there is one."""
        return self._actions_by_id.get(action_id)

    def find_auth_method(self, key: str) -> AuthMethod | None:
        return next((method for method in self.auth_methods if method.key == key), None)

    def scopes_for(
        self, action_ids: Iterable[str], *, among: Collection[str] | None = None
    ) -> frozenset[str]:
        """
        Return the scopes to grant for actions: those that no other one of them includes.

        With `among`, only scopes in it are granted, and so none for the sake of others.
        """
        required = {
            scope
            for action_id in action_ids
            if (action := self.find_action(action_id)) is not None
            for scope in action.required_scopes
            if among is None or scope in among
        }
        included = {
            inner
            for definition in self.scope_definitions
            if definition.name in required
            for inner in definition.includes
            if inner != definition.name
        }
        return frozenset(required - included)

    @cached_property
    def _actions_by_id(self) -> dict[str, ActionInfo]:
        return {action.id: action for action in self.actions}


def build(
    compilation: Compilation,
    *,
    file: Path,
    findings: tuple[Diagnostic, ...] = (),
    files: Files = ON_DISK,
) -> Connector:
    """Build a connector from a valid document."""
    document = compilation.document
    info = mapping(document, "info")
    key = text(info, "key")
    return Connector(
        key=key,
        title=text(info, "title"),
        version=text(info, "version"),
        description=text(info, "description"),
        details=text(document, "details"),
        instructions=text(mapping(document, "mcp"), "instructions"),
        categories=tuple(document.get("categories") or ()),
        release_stage=text(document, "releaseStage") or "ga",
        mode="strict" if document.get("engine") == "strict" else "compat",
        icon=_icon(text(mapping(info, "assets"), "icon"), file.parent, files),
        links=tuple(_links(document)),
        scope_definitions=tuple(
            ScopeDefinition(name, text(scope, "description"), tuple(words(scope.get("includes"))))
            for name, scope in mapping(document, "scopeDefinitions").items()
        ),
        auth_methods=tuple(
            read_auth_method(name, mapping(entry, name), compilation=compilation)
            for entry in items(document, "authentication")
            for name in entry
        ),
        actions=tuple(
            read_action(entry, key=key, compilation=compilation)
            for entry in items(document, "actions")
        ),
        file=file,
        findings=findings,
        compilation=compilation,
        files=files,
    )


def _icon(name: str, folder: Path, files: Files) -> Icon | str | None:
    if urlsplit(name).scheme in {"http", "https"}:
        return name
    file = folder / name
    found = bool(name) and not files.leads_out(file, folder) and files.exists(file)
    return Icon(file, files) if found else None


def _links(document: Mapping[str, Json]) -> list[Link]:
    references = items(mapping(document, "documentation"), "references")
    links = [
        Link(text(each, "title"), text(each, "url"), text(each, "description"))
        for each in references
        # Not one that runs a script where the page is opened.
        if urlsplit(text(each, "url").strip()).scheme in {"http", "https", "mailto"}
    ]
    resources = text(document, "resources")
    if urlsplit(resources).scheme in {"http", "https"}:
        links.insert(0, Link("Documentation", resources))
    return links
