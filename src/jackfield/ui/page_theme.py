"""How a Hub page looks: whose it is, and in which language."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup, escape
from starlette.requests import Request

from jackfield.kit.ids import ProjectId
from jackfield.kit.json import encode
from jackfield.language import catalog as language
from jackfield.language.catalog import Words
from jackfield.projects.settings import ProjectSettings

_STRONG: Final = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True, slots=True)
class Brand:
    """Whose page it is. `logo` and `theme` are paths of ours; nothing is fetched from elsewhere."""

    name: str | None
    logo: str | None
    theme: str | None
    is_white_label: bool


@dataclass(frozen=True, slots=True)
class PageTheme:
    """
    What every Hub page is shown with.

    A page of nobody we know has no brand, and does not tell whose hub it is either: the project
    may not want that said.
    """

    words: Words
    brand: Brand | None = None
    is_framed: bool = False
    languages: Mapping[str, str] = field(default_factory=language.names)
    # Where the page is shown in each language; empty where there is no choice to make.
    language_urls: Mapping[str, str] = field(default_factory=dict[str, str])

    def html(self, key: str, /, **values: str) -> Markup:
        """Say what stands under `key`; between double asterisks it is strong."""
        strong = _STRONG.sub(r"<strong>\1</strong>", str(escape(self.words.raw(key))))
        return Markup(language.fill(strong, {name: str(escape(v)) for name, v in values.items()}))  # noqa: S704 - escaped part by part

    @property
    def foreign(self) -> Markup:
        """Return the attribute for text that a connector's author wrote, which is English."""
        return Markup("") if self.words.code == "en" else Markup(' lang="en"')


def guest_theme(request: Request) -> PageTheme:
    return PageTheme(Words(_language(request)))


def theme_of(
    request: Request, project_id: ProjectId, settings: ProjectSettings, *, is_framed: bool = False
) -> PageTheme:
    code = _language(request)
    return PageTheme(
        Words(code, settings.strings.get(code, {})), _brand(project_id, settings), is_framed
    )


def _brand(project_id: ProjectId, settings: ProjectSettings) -> Brand:
    version = hashlib.sha256(encode([settings.logo_url, settings.colors])).hexdigest()[:12]
    place = f"/embedded/brand/{project_id}"
    return Brand(
        name=settings.display_name,
        logo=f"{place}/logo?v={version}" if settings.logo_url else None,
        theme=f"{place}/theme.css?v={version}" if settings.colors else None,
        is_white_label=settings.white_label,
    )


def _language(request: Request) -> str:
    return language.choose(request.query_params.get("lang"), request.headers.get("accept-language"))
