"""`/api/commerce`: purchases and shopping carts."""

from datetime import datetime
from typing import Final, cast

import msgspec
from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.keys import CLIENT_SIDE
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import bad_params
from jackfield.sandbox.iterable.routes.users import Profile, write_profile
from jackfield.sandbox.iterable.state.events import Event
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import post
from jackfield.sandbox.iterable.work import profiles, tracking

_CART: Final = "shoppingCartItems"
_LONGEST_ID: Final = 512


class Item(Struct, rename="camel", omit_defaults=True):
    id: str
    name: str
    price: float
    quantity: int
    sku: str | None = None
    description: str | None = None
    categories: list[str] | None = None
    image_url: str | None = None
    url: str | None = None
    data_fields: dict[str, Json] | None = None


class Purchase(Struct, rename="camel"):
    user: Profile
    items: list[Item]
    total: float
    id: str | None = None
    created_at: int | None = None
    campaign_id: int | None = None
    template_id: int | None = None
    data_fields: dict[str, Json] | None = None


class Cart(Struct):
    user: Profile
    items: list[Item]


def track_purchase(call: Call, body: Purchase) -> Json:
    project = call.project
    if body.id is not None and len(body.id.encode()) > _LONGEST_ID:
        msg = f"Purchase id is longer than {_LONGEST_ID} bytes"
        raise bad_params(msg)
    at = tracking.moment(body.created_at)
    fields = project.types_of_event("purchase").admit(body.data_fields or {})
    write_profile(project, body.user)
    optional = {
        "id": body.id,
        "campaignId": body.campaign_id,
        "templateId": body.template_id,
    }
    shown: dict[str, Json] = {
        "total": body.total,
        _CART: _plain(body.items),
        "dataFields": fields.values,
        **{name: value for name, value in optional.items() if value is not None},
    }

    def apply(now: datetime) -> None:
        user = profiles.place(project, body.user.identity, now=now)
        user.fields.pop(_CART, None)
        project.events.put(Event("purchase", at or now, user, shown), body.id)

    project.defer(apply)
    return success()


def update_cart(call: Call, body: Cart) -> Json:
    project = call.project
    write_profile(project, body.user)

    def apply(now: datetime) -> None:
        user = profiles.place(project, body.user.identity, now=now)
        user.fields[_CART] = _plain(body.items)
        project.user_fields.types.setdefault(_CART, "object")
        user.updated_at = now

    project.defer(apply)
    return success()


def _plain(items: list[Item]) -> list[Json]:
    return cast("list[Json]", msgspec.to_builtins(items))


ROUTES: Final = (
    post("/api/commerce/trackPurchase", track_purchase, client_side=CLIENT_SIDE),
    post("/api/commerce/updateCart", update_cart, client_side=CLIENT_SIDE),
)
