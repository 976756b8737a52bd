"""Addresses within the documentation, as a hub serves it and in a static build."""

from dataclasses import dataclass
from typing import Protocol

from jackfield.ui import assets


class Addresses(Protocol):
    """Returns the URLs of what is below `/docs`; those of a static build are relative to a page."""

    def page(self, path: str, anchor: str = "") -> str:
        """Return the URL of a page; the empty path is the start."""
        ...

    def markdown(self, path: str) -> str:
        """Return the URL of a page as Markdown."""
        ...

    def file(self, name: str) -> str:
        """Return the URL of a file of the repository that a page shows or leads to."""
        ...

    def asset(self, name: str) -> str: ...

    def icon(self, key: str) -> str:
        """Return the URL of a connector's icon."""
        ...

    def at_root(self, name: str) -> str:
        """Return the URL of what programs look for at the root, such as `openapi.json`."""
        ...

    @property
    def search_index(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Served:
    """Below the base path of a hub, or below its whole URL."""

    base: str

    def page(self, path: str, anchor: str = "") -> str:
        return f"{self.base}/docs{'/' if path else ''}{path}{'#' if anchor else ''}{anchor}"

    def markdown(self, path: str) -> str:
        return f"{self.base}/docs/{path}.md"

    def file(self, name: str) -> str:
        return f"{self.base}/docs/files/{name}"

    def asset(self, name: str) -> str:
        return f"{self.base}/static/{assets.version()}/{name}"

    def icon(self, key: str) -> str:
        return f"{self.base}/connectors/{key}/icon"

    def at_root(self, name: str) -> str:
        return f"{self.base}/{name}"

    @property
    def search_index(self) -> str:
        return f"{self.base}/docs/search-index.js"


@dataclass(frozen=True, slots=True)
class Static:
    """In a folder of files, seen from a page: `root` leads from there to the folder."""

    root: str

    @classmethod
    def seen_from(cls, path: str) -> "Static":
        return cls("/".join([".."] * path.count("/")) or ".")

    def page(self, path: str, anchor: str = "") -> str:
        return f"{self.root}/{path or 'index'}.html{'#' if anchor else ''}{anchor}"

    def markdown(self, path: str) -> str:
        return f"{self.root}/{path}.md"

    def file(self, name: str) -> str:
        return f"{self.root}/files/{name}"

    def asset(self, name: str) -> str:
        return f"{self.root}/assets/{name}"

    def icon(self, key: str) -> str:
        return f"{self.root}/icons/{key}.svg"

    def at_root(self, name: str) -> str:
        return f"{self.root}/{name}"

    @property
    def search_index(self) -> str:
        return f"{self.root}/search-index.js"
