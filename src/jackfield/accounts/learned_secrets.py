"""Secrets that come up during a run: what a step signs in with, and what it gets for that."""

from typing import Final
from urllib.parse import quote, quote_plus, urlsplit

from msgspec import Struct, field

from jackfield.engine.ports import Request
from jackfield.kit.redaction import Redactor
from jackfield.kit.secret_names import is_secret_name, named_secrets

_SHORTEST: Final = 8
_SIGNED: Final = ("AWS4-HMAC-SHA256 ", "OAuth ")
_COOKIE: Final = "cookie"
_LARGEST_ANSWER: Final = 64 * 1024
_MOST_ANSWERS: Final = 8


class LearnedSecrets(Struct):
    """
    Tells a redactor of them.

    A value that an answer calls secret is one of the run's once a later request, to another
    address, has it in it. What no request uses is the action's result: the caller asked for it. A
    cursor that is called `token` goes where it came from.
    """

    redactor: Redactor
    # Each with the URL that it came from.
    _answers: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])

    def sent(self, request: Request) -> None:
        for secret in request.secrets:
            self.redactor.learn(secret)
        for name, value in request.headers.items():
            # A signature is known already, and what these have beside it is no secret.
            is_signed = bool(request.secrets) and value.startswith(_SIGNED)
            if is_secret_name(name) and not is_signed and not self.redactor.knows(value):
                # What follows the scheme of `Authorization`, and the values of cookies.
                for word in value.split():
                    _, _, cookie = word.rstrip(";").partition("=")
                    for secret in (word, cookie if name.lower() == _COOKIE else ""):
                        if len(secret) >= _SHORTEST:
                            self.redactor.learn(secret)
        if self._answers:
            address = _address(request.url)
            given = [
                body.decode("utf-8", "replace")
                for url, body in self._answers
                if _address(url) != address
            ]
            if given:
                self._find(request, given)

    def answered(self, request: Request, body: bytes) -> None:
        if len(body) <= _LARGEST_ANSWER and len(self._answers) < _MOST_ANSWERS:
            # Most runs send one request: nothing is worked out before there is another.
            self._answers.append((request.url, body))

    def _find(self, request: Request, given: list[str]) -> None:
        sent = "\n".join((request.url, *request.headers.values()))
        sent += "\n" + (request.body or b"").decode("utf-8", "replace")
        for text in given:
            for value in named_secrets(text):
                if len(value) >= _SHORTEST and any(
                    form in sent for form in (value, quote(value, safe=""), quote_plus(value))
                ):
                    self.redactor.learn(value)


def _address(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"
