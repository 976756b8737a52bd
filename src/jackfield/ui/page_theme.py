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
        Words(code, settings.strings.get(code, {})), brand_of(project_id, settings), is_framed
    )


def _language(request: Request) -> str:
    return language.choose(request.query_params.get("lang"), request.headers.get("accept-language"))
