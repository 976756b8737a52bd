"""Answers to introspection (RFC 7662): whether a token is good, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jackfield.engine.clock_offset import correction
from jackfield.engine.oauth.answer import read_body
from jackfield.engine.oauth.expiry import UnreadableExpiry, read_lifetime
from jackfield.engine.ports import Response
from jackfield.engine.run_context import RunContext
from jackfield.kit.errors import ProviderAnswer, UnreadableAnswer
from jackfield.kit.json import as_object


@dataclass(frozen=True, slots=True)
class TokenLife:
    """Whether a token is good, and when it ends; `None` if the provider does not say."""

    is_active: bool
    expires_at: datetime | None = None


def read_life(response: Response, context: RunContext) -> TokenLife:
    """
    Read what a provider says about a token.

    Raises:
        ProviderUnavailable, ProviderRateLimited: it may say it later.
        UnreadableAnswer: it says nothing.
    """
    body, now = as_object(read_body(response, context)), context.clock()
    active = body.get("active")
    if not isinstance(active, bool):
        msg = "the provider does not say whether the token is active"
        raise UnreadableAnswer(msg, answer=ProviderAnswer(response.status, "", None))
    there = now + correction(response.headers, now)
    try:
        seconds = read_lifetime(body.get("exp"), "epochSeconds", now=there).seconds
    except UnreadableExpiry:
        seconds = None
    # An active token has not ended, whatever it is that the provider calls its end.
    if seconds is None or seconds <= 0:
        return TokenLife(active)
    return TokenLife(active, now + timedelta(seconds=seconds))
