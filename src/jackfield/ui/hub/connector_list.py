"""The Hub's list of connectors."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from starlette.responses import Response

from jackfield.connect.sessions import Offer
from jackfield.language.catalog import Words
from jackfield.ui.hub.hub_request import HubRequest
from jackfield.ui.page_theme import PageTheme


@dataclass(frozen=True, slots=True)
class _Card:
    url: str
    key: str
    title: str
    categories: tuple[str, ...]
    searched: str
    is_found: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    template: ClassVar[str] = "hub/list.html"

    look: PageTheme
    owner: str
    token: str | None
    lang: str | None
    here: str
    text: str
    category: str
    # Each category's key, its label, and the address of the list of it alone.
    categories: tuple[tuple[str, str, str], ...]
    connectors: tuple[_Card, ...]
    expires_at: datetime


def connector_list(visit: HubRequest, offers: list[Offer]) -> Response:
    asked = visit.request.query_params
    text, category = asked.get("q", ""), asked.get("category", "")
    words = visit.theme.words
    cards = tuple(
        _card(visit, offer, text.lower().split())
        for offer in offers
        if not category or category in offer.connector.categories
    )
    keys = sorted({key for offer in offers for key in offer.connector.categories})
    return visit.page(
        ListPage(
            look=visit.theme,
            owner=visit.holder.session.terms.origin_owner_name,
            token=None if visit.is_framed else asked.get("token", ""),
            lang=asked.get("lang"),
            here=visit.url(),
            text=text,
            category=category,
            categories=tuple(
                (key, category_label(words, key), visit.url(category=key)) for key in keys
            ),
            connectors=cards,
            expires_at=visit.holder.session.expires_at,
        )
    )


def category_label(words: Words, key: str) -> str:
    """Return how people call a category; one the hub has no word for is called by its key."""
    return words.find(f"category.{key}") or key.replace("_", " ").capitalize()


def _card(visit: HubRequest, offer: Offer, wanted: list[str]) -> _Card:
    labels = tuple(category_label(visit.theme.words, key) for key in offer.connector.categories)
    searched = " ".join((offer.connector.title, *labels, *offer.connector.categories)).lower()
    return _Card(
        url=visit.url(connector=offer.profile.id),
        key=offer.connector.key,
        title=offer.connector.title,
        categories=labels,
        searched=searched,
        is_found=all(word in searched for word in wanted),
    )
