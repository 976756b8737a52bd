"""Refusals, in the form that the provider gives them as far as its connector tells."""

from copy import deepcopy
from typing import Final

from jackfield.kit.json import Json, as_object, is_list, is_object, items, mapping, text
from jackfield.sandbox.connector.envelopes import SERVER_ERROR, fault_reply
from jackfield.sandbox.connector.provider import Provider
from jackfield.sandbox.connector.sent import reply_of
from jackfield.sandbox.connector.shapes import put, split_path
from jackfield.sandbox.replies import Reply
from jackfield.testing.case_files import Answer

MISSING_SCOPE: Final = "missing_scope"
RATE_LIMITED: Final = "provider_rate_limited"
_DENIED: Final = "Unauthorized."
_OK: Final = 200
_ALIKE: Final = {415: (400, 422), 422: (400,), 404: (410, 400), 400: (422,), 403: (), 429: ()}
_WORDS: Final = frozenset({"message", "detail", "msg", "title", "errormessages"})
# Where some providers have a text, and others a code.
_WORDS_OR_CODE: Final = "error"


class Refusals:
    """The refusals of a provider."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._examples = provider.examples

    def unauthorized(self, *, is_soap: bool = False) -> Reply:
        """Refuse a credential."""
        known = self._examples.without_access(is_soap=is_soap)
        if known is not None:
            return reply_of(known)
        return fault_reply(_DENIED, 401) if is_soap else self.with_status(401, _DENIED)

    def named(self, name: str) -> Reply | None:
        """Return the refusal that the connector knows by this cause, if its cases have one."""
        if name == RATE_LIMITED:
            return self.rate_limited()
        known = self._examples.find(name)
        return None if known is None else reply_of(known)

    def names(self) -> list[str]:
        """Return the causes that can be asked for."""
        known = {each.name for each in self._examples.refusals if each.name}
        return sorted(known | {RATE_LIMITED})

    def fault(self, message: str) -> Reply:
        """Refuse a SOAP request, with the status that the provider's faults come with."""
        known = self._examples.fault()
        return fault_reply(message, SERVER_ERROR if known is None else known.status)

    def missing_scope(self, scopes: str) -> Reply:
        known = self.named(MISSING_SCOPE)
        return known if known is not None else self.with_status(403, f"{scopes} is missing.")

    def rate_limited(self) -> Reply:
        known = self._examples.find(RATE_LIMITED) or self._examples.with_status(429)
        answer = known or self._mapped_rate_limit() or self._shaped(429, "Too many requests.")
        return reply_of(
            Answer(answer.status, {"Retry-After": "1", **answer.headers}, answer.json, answer.text)
        )

    def with_status(self, status: int, message: str) -> Reply:
        """Refuse with a status and, where the provider's form has a place for it, this message."""
        return reply_of(self._shaped(status, message))

    def _shaped(self, status: int, message: str) -> Answer:
        known = self._examples.with_status(status)
        if known is not None:
            return known
        denied = self._examples.without_access()
        if denied is not None and denied.status == _OK:
            # All refusals of this provider come with status 200.
            fine = [
                each.answer
                for each in self._examples.refusals
                if each.answer.status == _OK and not each.name
            ]
            return fine[0] if fine else denied
        others = (self._examples.with_status(each) for each in (*_ALIKE.get(status, ()), 404, 400))
        alike = next((each for each in others if each is not None), denied)
        if alike is None or alike.json is None:
            return Answer(status, json={"message": message})
        return Answer(status, json=_with_message(deepcopy(alike.json), message, status))

    def _mapped_rate_limit(self) -> Answer | None:
        """Return the answer that the connector takes for one of too many requests."""
        limits = mapping(self._provider.connector.compilation.document, "rateLimit")
        for entry in items(limits, "mappedRateLimitErrors"):
            status, path = entry.get("errorStatus"), split_path(text(entry, "errorMessagePath"))
            if isinstance(status, int):
                body = put({}, path, text(entry, "errorMessage"))
                if wait := split_path(text(entry, "retryAfterBodyPath")):
                    body = put(body, wait, 1)
                shown = {"ok": False, **as_object(body)} if status == _OK else body
                return Answer(status, json=shown)
        return None


def _is_text(name: str, value: str) -> bool:
    return name in _WORDS or (name == _WORDS_OR_CODE and " " in value)


def _with_message(body: Json, message: str, status: int) -> Json:
    """Return an error with another message and status, and all else as it was."""
    if is_object(body):
        return {
            name: message
            if isinstance(value, str) and _is_text(name.lower(), value)
            else (
                status
                if name in {"status", "code"} and isinstance(value, int)
                else _with_message(value, message, status)
            )
            for name, value in body.items()
        }
    if is_list(body):
        return [
            message if isinstance(each, str) else _with_message(each, message, status)
            for each in body
        ]
    return body
