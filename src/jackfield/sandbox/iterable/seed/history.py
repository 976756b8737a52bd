"""Seeded history of the first users: their events and messages."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.seed.campaigns import running
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.state.events import Event
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.state.users import User
from jackfield.sandbox.iterable.work import delivery

_ACTIVE: Final = 60
_PAGES: Final = ("/tents", "/boots", "/maps", "/packs", "/stoves")


def plant_history(project: Project, *, today: datetime) -> None:
    """Give the first users sends, opens, page views and purchases, the newest at midnight."""
    views = project.types_of_event("pageViewed")
    views.types |= {"page": "string", "seconds": "long"}
    for number, user in enumerate(islice(project.users, _ACTIVE)):
        at = today - timedelta(days=number % 30, hours=number % 9)
        _mail(project, user, number, at)
        _view(project, user, number, at)
        if number % 3 == 0:
            _buy(project, user, number, at)
        if number % 4 == 0:
            _message(project, user, Medium.IN_APP, at)
        if number % 5 == 0:
            _message(project, user, Medium.PUSH, at)
            _message(project, user, Medium.EMBEDDED, at)


def _view(project: Project, user: User, number: int, at: datetime) -> None:
    shown = {
        "eventName": "pageViewed",
        "dataFields": {"page": _PAGES[number % len(_PAGES)], "seconds": number * 7 % 90 + 3},
    }
    project.events.put(Event("customEvent", at, user, shown))


def _mail(project: Project, user: User, number: int, at: datetime) -> None:
    campaign = running(project, Medium.EMAIL)
    message = delivery.send(project, campaign, user, at=at)
    if message is None:
        return
    facts = {
        "campaignId": campaign.id,
        "templateId": campaign.template_id,
        "messageId": message.id,
    }
    if number % 2 == 0:
        project.events.put(Event("emailOpen", at, user, dict(facts)))
    if number % 6 == 0:
        clicked = {**facts, "url": "https://larkfield.example/orders"}
        project.events.put(Event("emailClick", at, user, clicked))


def _buy(project: Project, user: User, number: int, at: datetime) -> None:
    price = 19.5 + number
    item = {
        "id": f"sku-{100 + number}",
        "sku": f"sku-{100 + number}",
        "name": "Trail map",
        "price": price,
        "quantity": 1 + number % 2,
    }
    bought: dict[str, Json] = {
        "total": price * (1 + number % 2),
        "shoppingCartItems": [item],
        "dataFields": {},
    }
    project.events.put(Event("purchase", at, user, bought))


def _message(project: Project, user: User, medium: Medium, at: datetime) -> None:
    delivery.send(project, running(project, medium), user, at=at)
