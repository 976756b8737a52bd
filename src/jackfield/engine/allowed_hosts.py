"""
Allow-list of the hosts that a connector may send credentials to.

They are the ones its addresses name. A part that comes from a credential stands for that account's
own value: one label of a name (`https://${credentials.subdomain}.example.com`), or the whole host.
A part that comes from elsewhere stands for any label. A credential that the provider names itself, in
a callback, in a document, as a tenant or with a token, is never the whole host: whoever forges that
would be sent the account's secrets. The root key `hosts` replaces all that by a list.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final, TypeAlias

from jackfield.engine.compat import Mode
from jackfield.engine.expressions.errors import InvalidExpression
from jackfield.engine.expressions.text import compile_text, is_static
from jackfield.engine.oauth.mcp_settings import DISCOVERED
from jackfield.kit.json import Json, as_object, is_list, is_object, items, mapping, text
from jackfield.kit.urls import Origin, find_origin

Allow: TypeAlias = Callable[[str, Mapping[str, str]], bool]

_ORIGIN: Final = re.compile(r"\s*(https?)://([^/?#]*)", re.IGNORECASE)
_TOKEN: Final = re.compile(r"\$\{[^}]*\}")
_CREDENTIAL: Final = re.compile(r"\bcredentials(?:\.|\[['\"])([\w-]+)")
_WORD: Final = re.compile(r"'(https?://[^'/?#]+)|\"(https?://[^\"/?#]+)", re.IGNORECASE)
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_ADDRESS_KEYS: Final = (
    "baseUrl", "url", "authorizationUrl", "tokenUrl", "refreshUrl", "introspectionUrl",
    "deviceAuthorizationUrl", "serverUrl", "requestTokenUrl", "accessTokenUrl",
)  # fmt: skip


class HostRules:
    """The hosts a connector's document declares."""

    def __init__(self, document: Mapping[str, Json], mode: Mode) -> None:
        self._exact: set[Origin] = set()
        self._patterns: list[tuple[str, re.Pattern[str]]] = []
        self._own: list[tuple[str, Allow]] = []
        self._computed: list[Callable[[Mapping[str, str]], str]] = []
        self._told = told_credentials(document)
        listed = document.get("hosts")
        if is_list(listed):
            for host in listed:
                self._list(str(host))
        else:
            for address in dict.fromkeys(find_addresses(document)):
                self._declare(address, mode)
        # A fast path for most URLs: one with such a prefix has that origin.
        self._prefixes = tuple(f"{origin}/" for origin in self._exact)

    def allows(
        self, url: str, credentials: Mapping[str, str], *, parts: Collection[str] = ()
    ) -> bool:
        """
        Whether `url` is on a declared host, for the account with these credentials.

        Those of `parts` are part of a host at most, and never the whole.
        """
        if url.startswith(self._prefixes):
            return True
        origin = find_origin(url)
        if origin is None:
            return False
        if origin in self._exact:
            return True
        if any(
            origin.scheme == scheme and pattern.fullmatch(origin.authority)
            for scheme, pattern in self._patterns
        ):
            return True
        if any(
            origin.scheme == scheme and matches(origin.authority, credentials)
            for scheme, matches in self._own
        ):
            return True
        whole = {name: value for name, value in credentials.items() if name not in parts}
        return any(find_origin(compute(whole)) == origin for compute in self._computed)

    def _list(self, host: str) -> None:
        scheme, _, rest = host.rpartition("://")
        authority = rest.lower().rstrip("/")
        if authority.startswith("*."):
            pattern = re.compile(rf"(?:{_LABEL}\.)+{re.escape(authority[2:])}")
            self._patterns.append((scheme.lower() or "https", pattern))
        else:
            self._add(f"{scheme or 'https'}://{authority}")

    def _declare(self, address: str, mode: Mode) -> None:
        stripped = address.strip()
        if origin := _ORIGIN.match(stripped):
            self._declare_authority(origin[1].lower(), origin[2], stripped, mode)
        elif stripped.startswith("{{"):
            # The literal addresses an expression chooses from, and its value at run time.
            for single, double in _WORD.findall(stripped):
                self._declare(single or double, mode)
            self._compute(stripped, mode)
        elif not is_static(stripped) and not stripped.startswith("/"):
            self._compute(stripped, mode)

    def _declare_authority(self, scheme: str, authority: str, address: str, mode: Mode) -> None:
        if "${" not in authority:
            self._add(f"{scheme}://{authority}")
            return
        if is_whole_host(address):
            self._compute(address, mode)
            return
        matches = _own_labels(authority, mode)
        if matches is not None:
            self._own.append((scheme, matches))

    def _add(self, address: str) -> None:
        origin = find_origin(address)
        if origin is not None:
            self._exact.add(origin)

    def _compute(self, template: str, mode: Mode) -> None:
        compute = _computed_text(template, mode)
        if compute is not None and self._told.isdisjoint(_CREDENTIAL.findall(template)):
            self._computed.append(compute)


def _computed_text(template: str, mode: Mode) -> Callable[[Mapping[str, str]], str] | None:
    try:
        evaluate = compile_text(template, mode)
    except InvalidExpression:
        return None

    def compute(credentials: Mapping[str, str]) -> str:
        try:
            value = evaluate({"credentials": dict(credentials)})
        except InvalidExpression:
            return ""
        return value.strip() if isinstance(value, str) else ""

    return compute


def _own_labels(authority: str, mode: Mode) -> Allow | None:
    """Match a host of which some labels are an account's own, and others may be any."""
    parts: list[str | Callable[[Mapping[str, str]], str]] = []
    position = 0
    for token in _TOKEN.finditer(authority):
        parts.append(re.escape(authority[position : token.start()].lower()))
        position = token.end()
        if "credentials" not in token[0]:
            parts.append(_LABEL)
            continue
        compute = _computed_text(token[0], mode)
        if compute is None:
            return None
        parts.append(compute)
    parts.append(re.escape(authority[position:].lower()))

    def matches(found: str, credentials: Mapping[str, str]) -> bool:
        pattern = ""
        for part in parts:
            if isinstance(part, str):
                pattern += part
                continue
            label = part(credentials).lower()
            if not re.fullmatch(_LABEL, label):
                return False
            pattern += re.escape(label)
        return re.fullmatch(pattern, found) is not None

    return matches


def told_credentials(document: Mapping[str, Json]) -> frozenset[str]:
    """Return the credentials that the provider names itself, before or after it gives tokens."""
    found = set[str]()
    for entry in items(document, "authentication"):
        for method in entry.values():
            found |= DISCOVERED if as_object(method).get("type") == "mcp" else frozenset()
            authorization = mapping(as_object(method), "authorization")
            found |= set(mapping(authorization, "additionalTokenFields"))
            found |= {str(name) for name in mapping(authorization, "callbackParams").values()}
            found.add(text(mapping(as_object(method), "tenants"), "credential"))
            renewal = mapping(mapping(as_object(method), "refreshAuthentication"), "action")
            found |= set(mapping(mapping(renewal, "result"), "data"))
    return frozenset(found)


def is_whole_host(address: str) -> bool:
    """Tell whether the host of an address is all worked out: no part of a name is literal."""
    origin = _ORIGIN.match(address)
    if origin is None:
        return address.lstrip().startswith(("$", "{{")) and not _WORD.search(address)
    return "${" in origin[2] and not _TOKEN.sub("", origin[2]).strip(".:0123456789")


def foreign_parts(address: str) -> list[str]:
    """Return the parts of a declared host that are no credential: each stands for any label."""
    origin = _ORIGIN.match(address)
    tokens = _TOKEN.findall(origin[2]) if origin else []
    if not origin or is_whole_host(address):
        return []
    return [token for token in tokens if "credentials" not in token]


def find_addresses(value: Json) -> Iterator[str]:
    """Yield every address in the document: of the connector, of steps and of token endpoints."""
    stack: list[Json] = [value]
    while stack:
        node = stack.pop()
        if is_list(node):
            stack += node
        elif is_object(node):
            for key, inner in node.items():
                if key in _ADDRESS_KEYS and isinstance(inner, str):
                    yield inner
                elif key not in _PROSE and isinstance(inner, list | dict):
                    stack.append(inner)


# Parts of a document whose addresses are for people.
_PROSE: Final = frozenset({"documentation", "support", "info", "inputs", "examples", "changelog"})
