"""Theme of a Hub page: branding and language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup, escape
from starlette.requests import Request

from jackfield.kit.ids import ProjectId
from jackfield.language import catalog as language
from jackfield.language.catalog import Words
from jackfield.projects.settings import ProjectSettings
from jackfield.ui.brand import Brand, brand_of

_STRONG: Final = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True, slots=True)
class PageTheme:
    """
    The language and brand of a Hub page.

    A page without a known project has no brand, and does not name the hub either: the project may
    not want that.
    """

    words: Words
    brand: Brand | None = None
    is_framed: bool = False
    languages: Mapping[str, str] = field(default_factory=language.names)
    # The address of the page in each language; empty if there is no choice.
    language_urls: Mapping[str, str] = field(default_factory=dict[str, str])

    def html(self, key: str, /, **values: str) -> Markup:
        """Return the text of `key`, with `**…**` as strong elements."""
        strong = _STRONG.sub(r"<strong>\1</strong>", str(escape(self.words.raw(key))))
        return Markup(language.fill(strong, {name: str(escape(v)) for name, v in values.items()}))  # noqa: S704 - escaped part by part

    @property
    def foreign(self) -> Markup:
        """Return the `lang` attribute for texts of connectors, which are in English."""
        return Markup("") if self.words.code == "en" else Markup(' lang="en"')


def guest_theme(request: Request) -> PageTheme:
    return PageTheme(Words(_language(request)))


def theme_of(
    request: Request, project_id: ProjectId, settings: ProjectSettings, *, is_framed: bool = False
) -> PageTheme:
    code = _language(request)
    return PageTheme(
        Words(code, settings.strings.get(code, {})), brand_of(project_id, settings), is_framed
    )


def _language(request: Request) -> str:
    return language.choose(request.query_params.get("lang"), request.headers.get("accept-language"))
