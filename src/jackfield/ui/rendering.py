"""Template rendering."""

import gzip
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, fields
from typing import Any, ClassVar, Final, Protocol
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from jackfield.kit.secret_names import MASK
from jackfield.runtime import Hub
from jackfield.ui import assets

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
)
_HEADERS: Final[Mapping[str, str]] = {
    "cache-control": "no-store",
    # The address of a Hub page contains its token.
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_UNFRAMED: Final[Mapping[str, str]] = {
    "content-security-policy": f"{_POLICY}'none'",
    "x-frame-options": "DENY",
}
_POSTED: Final = re.compile(r'<form\b[^<>]*\bmethod="post"[^<>]*>')
# The only secret in these pages is the token of the request itself, so the size of a compressed
# response reveals nothing.
_COMPRESSED: Final = ("hub/", "docs/")

environment: Final = jinja2.Environment(
    loader=jinja2.PackageLoader("jackfield.ui"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

# They turn the text around them, and have no place in a name. The marks that names in Hebrew or
# Arabic need are not among them.
_TURNING: Final = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
# Letters, symbols and marks that show nothing; other invisible characters have categories of their own.
_BLANK: Final = frozenset(
    map(
        chr,
        (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10)),
    )
)


def plain_name(name: str, *instead: str) -> str:
    """Return the first of the names that can be seen, as text that does not turn what follows."""
    shown = (each.translate(_TURNING).strip() for each in (name, *instead))
    return next((each for each in shown if not _is_blank(each)), "")


def isolated_name(name: str, *instead: str) -> Markup:
    """Return the same as an element of its own: a right-to-left name turns nothing beside it."""
    return Markup(f"<bdi>{escape(plain_name(name, *instead))}</bdi>")  # noqa: S704 - escaped


def named_redactions(text: str) -> Markup:
    """Return text in which what was redacted is named as such."""
    mark = Markup('<mark class="redacted">redacted</mark>')
    return mark.join(escape(part) for part in text.split(MASK))


environment.filters |= {  # pyright: ignore[reportUnknownMemberType] - Jinja's own
    "plain_name": plain_name,
    "name": isolated_name,
    "redactions": named_redactions,
}


class PageContext(Protocol):
    """The variables of a page: a frozen dataclass that names its template."""

    template: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


def hub_of(request: Request) -> Hub:
    return request.app.state.hub


def base_path(hub: Hub) -> str:
    """Return the path prefix of all URLs of the hub: empty, unless it is served under a sub-path."""
    return urlsplit(hub.public_url).path.rstrip("/")


def page(
    request: Request,
    context: PageContext,
    *,
    status: int = 200,
    ancestors: tuple[str, ...] = (),
) -> Response:
    """Render the template of `context`; only pages of the origins `ancestors` can frame it."""
    variables = {field.name: getattr(context, field.name) for field in fields(context)}
    template = environment.get_template(context.template)
    text = template.render(links(base_path(hub_of(request))), **variables)
    project: str | None = getattr(request.state, "project_of_forms", None)
    if project is not None:
        # In every form of the dashboard: a page that was opened before its browser was switched to
        # another project changes nothing there.
        text = _POSTED.sub(rf'\g<0><input type="hidden" name="_project" value="{project}">', text)
    headers = {**_HEADERS, **_framing(ancestors)}
    if not context.template.startswith(_COMPRESSED):
        return HTMLResponse(text, status, headers)
    headers["vary"] = "accept-encoding, accept-language"
    if not assets.accepts_gzip(request):
        return HTMLResponse(text, status, headers)
    headers["content-encoding"] = "gzip"
    return HTMLResponse(gzip.compress(text.encode(), compresslevel=6, mtime=0), status, headers)


def links(base: str) -> Mapping[str, str | Callable[[str], str] | Callable[[str], Iterable[str]]]:
    """Return the functions with which every template builds URLs of the hub."""

    def asset(name: str) -> str:
        return f"{base}/static/{assets.version()}/{name}"

    def icon(key: str) -> str:
        return f"{base}/connectors/{key}/icon"

    return {"base": base, "asset": asset, "icon": icon, "modules": assets.modules}


def _is_blank(text: str) -> bool:
    return all(each in _BLANK or unicodedata.category(each)[0] in "ZC" for each in text)


def _framing(ancestors: tuple[str, ...]) -> Mapping[str, str]:
    if not ancestors:
        return _UNFRAMED
    return {
        "content-security-policy": _POLICY + " ".join(ancestors),
        # Products with cross-origin isolation may frame only pages with these headers.
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-resource-policy": "cross-origin",
    }
