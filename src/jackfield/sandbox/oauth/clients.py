"""The clients, each with the conduct that it is treated with."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.oauth.behaviors import conduct_of
from jackfield.sandbox.oauth.conduct import Conduct

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
# What a client's own encoding has to get right.
_AWKWARD: Final = ":+/%=&é"


class NewClient(Struct, forbid_unknown_fields=True):
    """A client to add; `secret` is made up where it is left out, and none where it is empty."""

    behaviors: list[str] = []
    redirect_uris: list[str] = []
    settings: dict[str, Json] = {}
    id: str = ""
    secret: str | None = None
    name: str = ""
    jwks: Json = None


@dataclass(frozen=True, slots=True)
class Client:
    id: str
    secret: str
    name: str
    redirect_uris: tuple[str, ...]
    behaviors: tuple[str, ...] = ()
    settings: Mapping[str, Json] = field(default_factory=dict[str, Json])
    conduct: Conduct = field(default_factory=Conduct)
    jwks: Json = None
    source: str = "added"

    def takes(self, redirect_uri: str) -> bool:
        """Return whether it may be redirected there; on this machine the port is free to choose."""
        try:
            split = urlsplit(redirect_uri)
        except ValueError:
            return False
        local = split.scheme == "http" and split.hostname in _LOOPBACK
        if not self.redirect_uris:
            return local
        registered = {_without_port(each) if local else each for each in self.redirect_uris}
        return (_without_port(redirect_uri) if local else redirect_uri) in registered

    def show(self) -> dict[str, Json]:
        return {
            "id": self.id,
            "secret": self.secret,
            "name": self.name,
            "redirect_uris": list(self.redirect_uris),
            "behaviors": list(self.behaviors),
            "settings": dict(self.settings),
            "source": self.source,
        }


class Clients:
    """All of them, by id."""

    def __init__(self) -> None:
        self._clients: dict[str, Client] = {}
        self._by_secret: dict[str, Client] = {}

    def __iter__(self) -> Iterator[Client]:
        return iter(list(self._clients.values()))

    def get(self, id_: str) -> Client | None:
        return self._clients.get(id_)

    def with_secret(self, secret: str) -> Client | None:
        return self._by_secret.get(secret)

    def add(self, new: NewClient, source: str = "added") -> Client:
        """
        Add a client, or one in the place of another with its id.

        Raises:
            ValidationError: it has a behavior or setting that there is not.
        """
        id_ = new.id or f"client-{secrets.token_hex(6)}"
        secret = f"{secrets.token_urlsafe(16)}{_AWKWARD}" if new.secret is None else new.secret
        client = Client(
            id_,
            secret,
            new.name or id_,
            tuple(new.redirect_uris),
            tuple(new.behaviors),
            new.settings,
            conduct_of(new.behaviors, new.settings),
            new.jwks,
            source,
        )
        self.remove(id_)
        self._clients[id_] = client
        if secret:
            self._by_secret[secret] = client
        return client

    def remove(self, id_: str) -> bool:
        client = self._clients.pop(id_, None)
        if client is not None:
            self._by_secret.pop(client.secret, None)
        return client is not None


def _without_port(uri: str) -> str:
    split = urlsplit(uri)
    return split._replace(netloc=split.hostname or "").geturl()
