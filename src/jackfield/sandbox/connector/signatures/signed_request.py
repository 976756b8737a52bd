"""A signed request as it came in, and what its signature is compared with."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from jackfield.engine.auth.signable import Signable, signable
from jackfield.engine.compat import Mode
from jackfield.engine.expressions import js
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.templates import compile_value
from jackfield.engine.ports import Request as Sent
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.json import Json, as_object
from jackfield.sandbox.connector.request import Request

# How far the clocks of a client and a provider may be apart, as providers have it.
_APART: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """
    A request, if it was sent to an origin of the provider's.

    `scope` has the credentials that it should be signed with, and `now` is the provider's time.
    """

    request: Request
    origin: str
    scope: EvaluationScope
    mode: Mode
    now: datetime

    @property
    def headers(self) -> Mapping[str, str]:
        return self.request.headers

    @property
    def parts(self) -> Signable:
        """The parts that a signature can cover."""
        return self.parts_of(f"{self.origin}{self.request.target}", self.request.content)

    def parts_of(self, url: str, content: bytes) -> Signable:
        """Return the parts of the request with another address and body."""
        sent = Sent(self.request.method, url, self.headers, content or None)
        return signable(sent, self.headers, self.mode)

    def value(self, template: Json, scope: EvaluationScope | None = None) -> str:
        """Return what a template of the connector says; an empty text for nothing."""
        found = compile_value(template, self.mode)(self.scope if scope is None else scope)
        return "" if found is None or found is UNDEFINED else js.to_text(found)

    def credential(self, name: str) -> str:
        found = as_object(self.scope.get("credentials")).get(name)
        return "" if found is None else js.to_text(found)

    def is_fresh(self, moment: datetime) -> bool:
        """Return whether a request was signed a short time ago."""
        return abs(self.now - aware(moment)) <= _APART


def aware(moment: datetime) -> datetime:
    """Return a moment that is one of UTC where it does not say of which zone."""
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def is_same(sent: str, expected: str) -> bool:
    return hmac.compare_digest(sent.encode(), expected.encode())


def keyed_hash(key: str, content: str, algorithm: str) -> str:
    return hmac.new(key.encode(), content.encode(), algorithm).hexdigest()


def hash_of(content: bytes, algorithm: str = "sha256") -> bytes:
    return hashlib.new(algorithm, content, usedforsecurity=False).digest()
