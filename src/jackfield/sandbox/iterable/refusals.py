"""The answers that say no, in the shapes the API says it.

Envelope A is `{msg, code, params}`; envelope B, of catalogs and double opt-in, is `{error,
message, code, data}`; a few routes answer plain text. A handler raises a `Refusal` and the
application sends it.
"""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from jackfield.kit.json import Json, encode
from jackfield.sandbox.replies import TEXT, Reply


class Feature(StrEnum):
    """What the provider switches on for a project on request."""

    SCHEDULING = "Scheduling campaigns"
    TRIGGERING = "Activating and deactivating triggered campaigns"
    SUBSCRIPTION_GROUPS = "Changing subscription groups"
    DOUBLE_OPT_IN = "Double opt-in"
    SMS_VERIFICATION = "SMS verification"
    OPT_IN_MESSAGE_TYPES = "Subscribing to message types"


class Refusal(Exception):
    """The request was understood and refused; `reply` is what the client gets."""

    def __init__(self, reply: Reply, code: str = "", msg: str = "") -> None:
        super().__init__(msg)
        self.reply: Final = reply
        self.code: Final = code


def refusal(status: int, code: str, msg: str, params: Mapping[str, Json] | None = None) -> Refusal:
    """Say no in envelope A."""
    body = encode({"msg": msg, "code": code, "params": params})
    return Refusal(Reply(body, status), code, msg)


def bad_params(msg: str, params: Mapping[str, Json] | None = None) -> Refusal:
    return refusal(HTTPStatus.BAD_REQUEST, "BadParams", msg, params)


def not_found(msg: str) -> Refusal:
    return refusal(HTTPStatus.NOT_FOUND, "NotFound", msg)


def feature_off(feature: Feature) -> Refusal:
    return refusal(HTTPStatus.FORBIDDEN, "Forbidden", f"{feature} is not enabled for this project")


def text_refusal(status: int, text: str) -> Refusal:
    return Refusal(Reply(text.encode(), status, TEXT), msg=text)


def coded_refusal(
    status: int, code: str, message: str, data: Mapping[str, Json] | None = None
) -> Refusal:
    """Say no in envelope B."""
    error = HTTPStatus(status).phrase.replace(" ", "")
    body = encode({"error": error, "message": message, "code": code, "data": data or {}})
    return Refusal(Reply(body, status), code, message)
