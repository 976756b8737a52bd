"""Device codes (RFC 8628): a code to be entered on the provider's page, in any browser."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.oauth.answer import read_body, require_success
from jackfield.engine.oauth.answer_rules import AnswerRules
from jackfield.engine.oauth.expiry import UnreadableExpiry, read_lifetime
from jackfield.engine.ports import Response
from jackfield.engine.run_context import RunContext
from jackfield.kit.errors import UnreadableAnswer
from jackfield.kit.json import Json, as_object, text
from jackfield.kit.urls import find_origin

_LONGEST_CODE: Final = 64
_LONGEST_URL: Final = 2000
_LIFETIME: Final = 900
_LONGEST_LIFETIME: Final = 3600
_INTERVAL: Final = 5
_LONGEST_INTERVAL: Final = 120


class Waiting(StrEnum):
    """The answers of a token endpoint as long as the code has not been entered."""

    PENDING = "authorization_pending"
    SLOW_DOWN = "slow_down"


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """
    A code for the person, and the one that is exchanged when they have entered it.

    `complete_url` is the page with the code filled in, if the provider has one. `interval` is how
    many seconds to wait between questions.
    """

    code: str = field(repr=False)
    user_code: str = field(repr=False)
    url: str
    complete_url: str = field(repr=False)
    expires_at: datetime
    interval: int
    scopes: tuple[str, ...] = ()


def read_device_code(
    response: Response, rules: AnswerRules, scope: EvaluationScope, context: RunContext
) -> DeviceCode:
    """
    Read the codes in an answer.

    Raises:
        TokenRefused, ProviderError: as `read_answer`.
        UnreadableAnswer: the answer has no codes.
    """
    body = read_body(response, context)
    require_success(body, response, rules, scope, context)
    content, now = as_object(body), context.clock()
    code, user_code = text(content, "device_code"), text(content, "user_code")
    url = _address(content, "verification_uri") or _address(content, "verification_url")
    if not code or not url or not user_code.isprintable() or not 0 < len(user_code) < _LONGEST_CODE:
        msg = "the provider's answer has no code to sign in with, or no page to enter it at"
        raise UnreadableAnswer(msg)
    complete = _address(content, "verification_uri_complete")
    lifetime = _seconds(content.get("expires_in"), now) or _LIFETIME
    interval = _seconds(content.get("interval"), now) or _INTERVAL
    return DeviceCode(
        code,
        user_code,
        url,
        complete,
        now + timedelta(seconds=min(lifetime, _LONGEST_LIFETIME)),
        min(interval, _LONGEST_INTERVAL),
    )


def _address(content: Mapping[str, Json], name: str) -> str:
    """Return a web address that is safe to lead to; empty for any other text."""
    found = text(content, name)
    is_web = found.startswith(("https://", "http://")) and find_origin(found) is not None
    return found if is_web and found.isprintable() and len(found) < _LONGEST_URL else ""


def _seconds(value: Json, now: datetime) -> int | None:
    try:
        return read_lifetime(value, "seconds", now=now).seconds
    except UnreadableExpiry:
        return None
