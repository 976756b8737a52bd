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
    # The key and label of each category, and the address of its list.
    categories: tuple[tuple[str, str, str], ...]
    connectors: tuple[_Card, ...]
    expires_at: datetime


def connector_list(hub_request: HubRequest, offers: list[Offer]) -> Response:
    query = hub_request.request.query_params
    text, category = query.get("q", ""), query.get("category", "")
    words = hub_request.theme.words
    cards = tuple(
        _card(hub_request, offer, text.lower().split())
        for offer in offers
        if not category or category in offer.connector.categories
    )
    keys = sorted({key for offer in offers for key in offer.connector.categories})
    return hub_request.page(
        ListPage(
            look=hub_request.theme,
            owner=hub_request.owner,
            token=None if hub_request.is_framed else query.get("token", ""),
            lang=query.get("lang"),
            here=hub_request.url(),
            text=text,
            category=category,
            categories=tuple(
                (key, category_label(words, key), hub_request.url(category=key)) for key in keys
            ),
            connectors=cards,
            expires_at=hub_request.holder.session.expires_at,
        )
    )


def category_label(words: Words, key: str) -> str:
    """Return the label of a category, made of its key if the hub has no translation."""
    return words.find(f"category.{key}") or key.replace("_", " ").capitalize()


def _card(hub_request: HubRequest, offer: Offer, search_words: list[str]) -> _Card:
    labels = tuple(
        category_label(hub_request.theme.words, key) for key in offer.connector.categories
    )
    searched = " ".join((offer.connector.title, *labels, *offer.connector.categories)).lower()
    return _Card(
        url=hub_request.url(connector=offer.profile.id),
        key=offer.connector.key,
        title=offer.connector.title,
        categories=labels,
        searched=searched,
        is_found=all(word in searched for word in search_words),
    )
