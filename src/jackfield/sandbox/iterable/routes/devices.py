"""`/api/users`: the phones and browsers a user gets push messages on."""

from datetime import datetime
from http import HTTPStatus
from typing import Final, Literal

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import per_second
from jackfield.sandbox.iterable.access.keys import JAVASCRIPT, MOBILE
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import bad_params, refusal
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.state.users import User
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import post
from jackfield.sandbox.iterable.work import profiles
from jackfield.sandbox.iterable.work.profiles import Identity

_MOST: Final = 500
_DEVICES: Final = "devices"
_BROWSERS: Final = "browserTokens"


class Device(Struct, rename="camel"):
    token: str
    platform: Literal["APNS", "APNS_SANDBOX", "GCM"]
    application_name: str
    data_fields: dict[str, Json] | None = None


class NewDevice(Struct, rename="camel"):
    device: Device
    email: str | None = None
    user_id: str | None = None
    prefer_user_id: bool | None = None


class NewBrowser(Struct, rename="camel"):
    browser_token: str
    email: str | None = None
    user_id: str | None = None


class OldDevice(Struct, rename="camel"):
    token: str
    email: str | None = None
    user_id: str | None = None


def register_device(call: Call, body: NewDevice) -> Json:
    if not body.device.token:
        # Not a client's fault to the provider, which fails on it.
        raise refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "GenericError", "An error occurred")
    device = {
        "token": body.device.token,
        "platform": body.device.platform,
        "applicationName": body.device.application_name,
        "endpointEnabled": True,
        **(body.device.data_fields or {}),
    }
    who = Identity(body.email, body.user_id, bool(body.prefer_user_id))
    return _add(call.project, who, _DEVICES, device)


def register_browser(call: Call, body: NewBrowser) -> Json:
    if not body.browser_token:
        msg = "browserToken cannot be empty"
        raise bad_params(msg)
    who = Identity(body.email, body.user_id)
    return _add(call.project, who, _BROWSERS, {"token": body.browser_token})


def disable_device(call: Call, body: OldDevice) -> Json:
    """Disable a device of one user, or of whoever has it where none is named."""
    project = call.project
    if body.email or body.user_id:
        owners = [profiles.require(project, Identity(body.email, body.user_id))]
    else:
        owners = [user for user in project.users if _find(user, _DEVICES, body.token)]
    found = [device for user in owners if (device := _find(user, _DEVICES, body.token))]
    if not found:
        msg = "No device with this token exists"
        raise bad_params(msg)
    for device in found:
        device["endpointEnabled"] = False
    return success()


def _add(project: Project, who: Identity, field: str, entry: dict[str, Json]) -> Json:
    profiles.require_possible(project, who)
    known = profiles.find(project, who)
    if (
        known is not None
        and len(known.fields.get(field, ())) >= _MOST
        and _find(known, field, entry["token"]) is None
    ):
        msg = f"A user can have at most {_MOST} {field}"
        raise bad_params(msg)

    def apply(now: datetime) -> None:
        user = profiles.place(project, who, now=now)
        kept = [each for each in user.fields.get(field, ()) if each["token"] != entry["token"]]
        user.fields[field] = [*kept, entry]
        user.updated_at = now
        project.user_fields.types.setdefault(field, "object")

    project.defer(apply)
    return success()


def _find(user: User, field: str, token: str) -> dict[str, Json] | None:
    return next((each for each in user.fields.get(field, ()) if each["token"] == token), None)


ROUTES: Final = (
    post("/api/users/registerDeviceToken", register_device, per_second(500), client_side=MOBILE),
    post("/api/users/registerBrowserToken", register_browser, client_side=JAVASCRIPT),
    post("/api/users/disableDevice", disable_device, client_side=MOBILE),
)
