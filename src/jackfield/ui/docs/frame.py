"""The frame around a page of the documentation: side bar, search, and the drawings it uses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from markupsafe import Markup
from starlette.requests import Request

from jackfield.ui import assets
from jackfield.ui.docs.addresses import Addresses, Served
from jackfield.ui.docs.manual import manual
from jackfield.ui.rendering import base_path, hub_of

_SYMBOL: Final = re.compile(r'<symbol id="i-(\w+)".*?</symbol>')
_USED: Final = frozenset(
    {"search", "menu", "left", "right", "copy", "code", "book"}
    | {"read", "write", "play", "delete", "send"}
)


@dataclass(frozen=True, slots=True)
class NavLink:
    title: str
    url: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class DocsFrame:
    """
    What every page of the documentation has around its text.

    In a static build there is no hub: `public_url` is empty.
    """

    addresses: Addresses
    sections: Mapping[str, tuple[NavLink, ...]]
    public_url: str = ""

    @property
    def symbols(self) -> Markup:
        return _symbols()


def frame_of(request: Request, path: str) -> DocsFrame:
    hub = hub_of(request)
    return build_frame(Served(base_path(hub)), path, public_url=hub.public_url)


def build_frame(addresses: Addresses, path: str, *, public_url: str = "") -> DocsFrame:
    """Return the frame of the page at a path."""
    sections = {
        name: tuple(
            NavLink(page.title, addresses.page(page.path), page.path == path) for page in pages
        )
        for name, pages in manual().sections.items()
        if pages
    }
    generated = {"": "Documentation and connectors", "api": "API reference"}
    links = tuple(
        NavLink(title, addresses.page(each), each == path) for each, title in generated.items()
    )
    return DocsFrame(addresses, {"": links, **sections}, public_url)


@cache
def _symbols() -> Markup:
    """Return the drawings as part of the page: a page of a file system can use no other file's."""
    sprite = assets.files()["icons.svg"].content.decode()
    found = [each[0] for each in _SYMBOL.finditer(sprite) if each[1] in _USED]
    return Markup(f"<svg hidden>{''.join(found)}</svg>")  # noqa: S704 - our own file
