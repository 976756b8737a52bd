"""Servers of an OpenAPI document, as base URLs of a connector."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from jackfield.connectors.openapi.document import OpenApi
from jackfield.connectors.openapi.names import distinct, snake_case
from jackfield.connectors.openapi.parameters import VARIABLE
from jackfield.connectors.openapi.schemas import one_line
from jackfield.kit.json import Json, as_list, items, mapping, text

_ORIGIN: Final = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_USER: Final = re.compile(r"(?<=//)[^/?#]*@")
# Credentials that mean something already.
_TAKEN: Final = frozenset({"environment", "api_key", "token", "username", "password"})
# The credential that says which of several servers an account is on.
_CHOICE: Final = "server"
_MOST_SERVERS: Final = 12
_ADDRESS: Final = re.compile(r"https://[a-z0-9.-]+(?::\d+)?(?:/[\w./-]*)?")
_UNKNOWN: Final = "https://api.example.com"


@dataclass(frozen=True, slots=True)
class Server:
    """A base URL, and the query that every request to it carries."""

    url: str
    query: str


@dataclass(slots=True)
class Servers:
    """The servers of one document. `fields` are what an account says of its own."""

    api: OpenApi
    fields: dict[str, dict[str, Json]] = field(default_factory=dict[str, dict[str, Json]])

    def read_all(self) -> Server:
        """Return the server of the document, or a choice among those that it has."""
        found = list(
            dict.fromkeys(filter(None, map(_plain_address, items(self.api.root, "servers"))))
        )
        first = self.read(self.api.root) or Server(self.absolute(""), "")
        if not 1 < len(found) <= _MOST_SERVERS or found[0] != first.url or first.query:
            return first
        labels = {
            _plain_address(each): one_line(text(each, "description"))
            for each in reversed([*items(self.api.root, "servers")])
        }
        keys = distinct({each: snake_case(urlsplit(each).netloc) for each in found}, longest=60)
        self.fields[_CHOICE] = {
            "key": _CHOICE,
            "label": "Server",
            "type": "select",
            "required": True,
            "value": keys[found[0]],
            "options": [
                {"value": keys[each], "label": labels[each] or urlsplit(each).netloc}
                for each in found
            ],
        }
        chosen = f"'{found[-1]}'"
        for each in reversed(found[:-1]):
            chosen = f"credentials.{_CHOICE} == '{keys[each]}' ? '{each}' : {chosen}"
        return Server("{{" + chosen + "}}", "")

    def read(self, owner: Mapping[str, Json]) -> Server | None:
        """Return the first server of the document, of a path or of an operation."""
        server = next(items(owner, "servers"), None)
        if server is None:
            return None
        address, _, query = text(server, "url").partition("?")
        scheme, between, rest = address.partition("://")
        variables = mapping(server, "variables")
        if between:
            # Credentials never choose between http and https.
            scheme = VARIABLE.sub(lambda found: self._settle(found[1], variables), scheme)
        else:
            rest = scheme
        written = VARIABLE.sub(lambda found: self._write(found[1], variables), rest)
        return Server(self.absolute(scheme + between + written if between else written), query)

    def absolute(self, address: str) -> str:
        address, before = address.rstrip("/"), _USER.search(address)
        if before is not None:
            self.api.doubt("the user name in the server's address is left out")
            address = address.replace(before[0], "", 1)
        if _ORIGIN.match(address):
            return address
        if address.startswith("//"):
            return f"https:{address}"
        self.api.doubt("the document names no absolute server: set baseUrl")
        path = address.removeprefix(".").lstrip("/")
        return f"{_UNKNOWN}/{path}" if path else _UNKNOWN

    def _write(self, name: str, variables: Mapping[str, Json]) -> str:
        variable = mapping(variables, name)
        choices = [str(each) for each in as_list(variable.get("enum"))]
        default = variable.get("default")
        known = [*choices, str(default)] if "default" in variable else choices
        if any(not each or "/" in each for each in known):
            # A credential stands for one part of an address, and never for none.
            return self._settle(name, variables)
        key = snake_case(name)
        key = f"server_{key}" if key in _TAKEN else key
        made: dict[str, Json] = {
            "key": key,
            "label": name.replace("_", " ").capitalize(),
            "type": "select" if choices else "text",
            "required": True,
        }
        if said := one_line(text(variable, "description")):
            made["description"] = said
        if "default" in variable:
            made["value"] = str(default)
        if choices:
            made["options"] = [{"value": each, "label": each} for each in dict.fromkeys(choices)]
        self.fields.setdefault(key, made)
        return f"${{credentials.{key}}}"

    def _settle(self, name: str, variables: Mapping[str, Json]) -> str:
        variable = mapping(variables, name)
        values = as_list(variable.get("enum"))
        chosen = str(variable.get("default", values[0] if values else ""))
        self.api.doubt(f"{{{name}}} in the server's address is taken as {chosen!r}")
        return chosen


def _plain_address(server: Mapping[str, Json]) -> str | None:
    """Return a server's address if accounts can choose it: nothing in it varies."""
    address = text(server, "url").rstrip("/")
    return address if _ADDRESS.fullmatch(address) else None
