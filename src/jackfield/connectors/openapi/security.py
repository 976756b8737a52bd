"""Security of an OpenAPI document: its schemes as auth methods, and what each operation needs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from jackfield.connectors.openapi.call import Call
from jackfield.connectors.openapi.document import OpenApi
from jackfield.connectors.openapi.names import distinct, snake_case
from jackfield.connectors.openapi.schemas import one_line
from jackfield.kit.json import Json, is_object, items, mapping, text, texts

_LONGEST_KEY: Final = 60
_TOKENS: Final = frozenset({"bearer", "oauth2"})
_OPERATIONS: Final = ("get", "post", "put", "patch", "delete")


class Security:
    """
    Which schemes requests carry, of a whole document.

    An account has one auth method. It stands for schemes that are needed together: the first writes
    the authorization, the others are keys that the actions send as arguments.
    """

    def __init__(self, api: OpenApi) -> None:
        self._api = api

    def secure(self, call: Call, operation: Mapping[str, Json]) -> None:
        """Make a call carry what its operation asks for, and nothing where it asks for nothing."""
        needed = self._needed(operation)
        if needed == [()]:
            call.parameters["authorization"] = {"type": "none"}
        further = {name for together in needed for name in together[1:]}
        for name in self._schemes:
            if name in further:
                authorization = _api_key(self._schemes[name], self._keys[name])["authorization"]
                place = "query" if authorization["in"] == "query" else "headers"
                call.send(place, authorization["name"], authorization["value"])

    def carried(self, operation: Mapping[str, Json]) -> dict[tuple[str, str], bool]:
        """
        Return the parameters, by place and name, that credentials send.

        Each says whether every account sends it, whatever its way to authenticate.
        """
        ways = [set(map(self._parameter, way)) for way in self._needed(operation)]
        return {each: all(each in way for way in ways) for way in ways for each in way}

    def scopes(self, operation: Mapping[str, Json]) -> list[str]:
        """Return the scopes that an operation needs, of the first way in which scopes are needed."""
        owner = operation if "security" in operation else self._api.root
        for together in items(owner, "security"):
            for name in together:
                scheme = self._schemes.get(name)
                if scheme is not None and _kind(scheme) == "oauth2":
                    return list(dict.fromkeys(texts(together, name)))
        return []

    def scope_definitions(self) -> dict[str, Json]:
        """Return the scopes that the operations need, each with what the document says of it."""
        told = {
            scope: one_line(str(said or ""))
            for scheme in self._schemes.values()
            for flow in mapping(scheme, "flows").values()
            if is_object(flow)
            for scope, said in mapping(flow, "scopes").items()
        }
        return {scope: {"description": told.get(scope) or scope} for scope in self._asked}

    @cached_property
    def _asked(self) -> list[str]:
        """The scopes that the operations need, in the document's order."""
        return list(dict.fromkeys(each for one in self._operations() for each in self.scopes(one)))

    def auth_methods(self, fields: Sequence[Json]) -> list[dict[str, Json]]:
        """Return an auth method for each way to authenticate, `fields` in all; there is one."""
        ways = dict.fromkeys(way for owner in self._owners() for way in self._needed(owner) if way)
        keys = distinct({way: snake_case(" ".join(way)) for way in ways}, longest=_LONGEST_KEY)
        methods = {keys[way]: self._make(way) for way in ways}
        if not methods:
            message = "no security scheme could be read: requests carry no authorization yet"
            self._api.doubt(message)
            methods["none"] = _method("No authorization", {"type": "none"}, [])
        for method in methods.values():
            if self._asked and "scopes" in method["authorization"]:
                method["authorization"]["scopes"] = " ".join(self._asked)
            method["configFields"] = [*method.get("configFields", []), *fields]
        return [{key: method} for key, method in methods.items()]

    @cached_property
    def _schemes(self) -> dict[str, Mapping[str, Json]]:
        known: dict[str, Mapping[str, Json]] = {}
        for name, entry in self._api.component("securitySchemes").items():
            scheme = self._api.follow(entry)
            if _kind(scheme) in _METHODS:
                known[name] = scheme
            else:
                kind = _kind(scheme)
                message = f"the security scheme {name!r} ({kind}) is left out: write it by hand"
                self._api.doubt(message)
        return known

    @cached_property
    def _keys(self) -> dict[str, str]:
        """The credential that holds a scheme's key where it is not the only one."""
        return distinct(
            {name: snake_case(name) for name in self._schemes},
            longest=_LONGEST_KEY,
            taken=("api_key", "token", "username", "password"),
        )

    @cached_property
    def _undeclared(self) -> list[tuple[str, ...]]:
        """Any scheme will do for a document that never says which of them it wants."""
        is_silent = not any("security" in owner for owner in self._owners())
        return [(name,) for name in self._schemes] if is_silent else []

    def _owners(self) -> Iterator[Mapping[str, Json]]:
        yield self._api.root
        yield from self._operations()

    def _operations(self) -> Iterator[Mapping[str, Json]]:
        for entry in self._api.paths.values():
            path = self._api.follow(entry)
            yield from (path[method] for method in _OPERATIONS if is_object(path.get(method)))

    def _needed(self, owner: Mapping[str, Json]) -> list[tuple[str, ...]]:
        """Return the ways an operation may be authorized; `()` is to be it not at all."""
        if "security" not in owner:
            return self._undeclared if owner is self._api.root else self._needed(self._api.root)
        asked = list(items(owner, "security"))
        ways = [way for each in asked if (way := self._way(each)) is not None]
        return ways if asked else [()]

    def _way(self, together: Mapping[str, Json]) -> tuple[str, ...] | None:
        declared = self._api.component("securitySchemes")
        for name in together:
            if name not in declared:
                self._api.doubt(f"the security scheme {name!r} is asked for and not declared")
        if not self._schemes.keys() >= together.keys():
            return None
        names = sorted(together, key=lambda name: (self._is_key(name), list(declared).index(name)))
        # One token stands for all schemes that ask for one.
        tokens = [name for name in names if _kind(self._schemes[name]) in _TOKENS]
        names = [name for name in names if name not in tokens[1:]]
        if any(not self._is_key(name) for name in names[1:]):
            self._api.doubt(f"the security schemes {', '.join(names)} cannot be used together")
            return None
        return tuple(names)

    def _is_key(self, name: str) -> bool:
        return _kind(self._schemes[name]) == "apiKey"

    def _parameter(self, name: str) -> tuple[str, str]:
        place, key = text(self._schemes[name], "in"), text(self._schemes[name], "name")
        return place, key.lower() if place == "header" else key

    def _make(self, way: tuple[str, ...]) -> dict[str, Json]:
        scheme = self._schemes[way[0]]
        method = _METHODS[_kind(scheme)](scheme)
        if said := text(scheme, "description").strip():
            whose = "setup" if "setupFields" in method else "config"
            method["support"] = {"guides": {whose: _guide(method, said)}}
        if _kind(scheme) == "oauth2" and method["type"] != "oauth2":
            self._api.doubt(f"the sign-in of {way[0]!r} is none of ours: accounts give a token")
        for name in way[1:]:
            further = _api_key(self._schemes[name], self._keys[name])["configFields"]
            method["configFields"] = [*method.get("configFields", []), *further]
        if len(way) > 1:
            method["label"] = " + ".join([method["label"], *way[1:]])
        return method


def _kind(scheme: Mapping[str, Json]) -> str:
    is_http = scheme.get("type") == "http"
    return text(scheme, "scheme").lower() if is_http else str(scheme.get("type"))


def _guide(method: Mapping[str, Json], said: str) -> dict[str, Json]:
    """Return what the document says of a scheme, as a guide to begin with."""
    step: dict[str, Json] = {"title": f"Get your {method['label']}", "content": said}
    fields = [*items(method, "setupFields"), *items(method, "configFields")]
    if secret := next((each for each in fields if each.get("secret")), None):
        step["field"] = secret["key"]
    return {"sections": [{"title": method["label"], "steps": [step]}]}


def _method(label: str, authorization: Json, fields: list[Json]) -> dict[str, Json]:
    return {
        "type": "custom",
        "label": label,
        "authorization": authorization,
        "configFields": fields,
    }


def _secret(key: str, label: str) -> dict[str, Json]:
    return {"key": key, "label": label, "type": "password", "required": True, "secret": True}


def _api_key(scheme: Mapping[str, Json], key: str = "api_key") -> dict[str, Json]:
    place = text(scheme, "in")
    return _method(
        "API Key",
        {
            "type": "apiKey",
            "in": place if place in ("query", "cookie") else "header",
            "name": text(scheme, "name"),
            "value": f"$.credentials.{key}",
        },
        [_secret(key, "API Key" if key == "api_key" else text(scheme, "name"))],
    )


def _bearer(_scheme: Mapping[str, Json]) -> dict[str, Json]:
    authorization = {"type": "bearer", "token": "$.credentials.token"}
    return _method("Access Token", authorization, [_secret("token", "Access Token")])


def _basic(_scheme: Mapping[str, Json]) -> dict[str, Json]:
    return _method(
        "User name and password",
        {
            "type": "basic",
            "username": "$.credentials.username",
            "password": "$.credentials.password",
        },
        [
            {"key": "username", "label": "User name", "type": "text", "required": True},
            _secret("password", "Password"),
        ],
    )


def _oauth2(scheme: Mapping[str, Json]) -> dict[str, Json]:
    flows = mapping(scheme, "flows")
    has_code = bool(text(mapping(flows, "authorizationCode"), "tokenUrl"))
    flow = mapping(flows, "authorizationCode" if has_code else "clientCredentials")
    if not text(flow, "tokenUrl"):
        return _bearer(scheme)
    token_params = {
        "grant_type": "authorization_code" if has_code else "client_credentials",
        "client_id": "$.credentials.clientId",
        "client_secret": "$.credentials.clientSecret",
    }
    authorization: dict[str, Json] = {
        "type": "oauth2",
        "token": "$.credentials.accessToken",
        "tokenUrl": text(flow, "tokenUrl"),
        "tokenParams": token_params,
    }
    if has_code:
        authorization |= {
            "authorizationUrl": text(flow, "authorizationUrl"),
            "authorizationParams": {
                "response_type": "code",
                "client_id": "$.credentials.clientId",
            },
            "scopes": " ".join(mapping(flow, "scopes")),
            "pkce": True,
        }
    if renewed := text(flow, "refreshUrl"):
        authorization["refreshUrl"] = renewed
    return {
        "type": "oauth2",
        "label": "OAuth 2.0",
        "grantType": "authorization_code" if has_code else "client_credentials",
        "authorization": authorization,
        "setupFields": [
            {"key": "clientId", "label": "Client ID", "type": "text", "required": True},
            _secret("clientSecret", "Client Secret"),
        ],
    }


_METHODS: Final[Mapping[str, Callable[[Mapping[str, Json]], dict[str, Json]]]] = {
    "apiKey": _api_key,
    "bearer": _bearer,
    "basic": _basic,
    "oauth2": _oauth2,
}
