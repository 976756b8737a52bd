"""Secrets of an operator, which go to no host that a person types."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from jackfield.engine.address_credentials import names_in
from jackfield.engine.allowed_hosts import find_addresses, is_whole_host
from jackfield.kit.json import Json, items, mapping, text

# What each request carries of an authorization. What is for signing in goes to token endpoints.
_CARRIED: Final = ("token", "username", "password", "value", "signing")


def may_send(
    action: Mapping[str, Json], authorization: Mapping[str, Json], secrets: Collection[str]
) -> bool:
    """Tell whether requests of an action may have one of these credentials in them."""
    carried = [authorization.get(name) for name in _CARRIED]
    named, is_certain = names_in(str([action.get("steps"), carried]))
    return bool(secrets) and not (is_certain and named.isdisjoint(secrets))


def secret_setup(method: Mapping[str, Json]) -> frozenset[str]:
    return frozenset(
        text(each, "key")
        for each in items(method, "setupFields")
        if each.get("secret") is True or each.get("type") == "password"
    )


def typed_hosts(
    document: Mapping[str, Json], method: Mapping[str, Json], action: Mapping[str, Json]
) -> Iterator[str]:
    """Yield the addresses of an action whose whole host is what people type into a form."""
    fields = items(method, "configFields")
    typed = {text(each, "key") for each in fields if not each.get("options")}
    addresses = dict.fromkeys(find_addresses(action))
    if any(each.startswith("/") for each in addresses):
        addresses[text(document, "baseUrl")] = None
    for address in () if document.get("hosts") else addresses:
        if is_whole_host(address) and not typed.isdisjoint(names_in(address)[0]):
            yield address


def find_action(document: Mapping[str, Json], action: Json) -> Mapping[str, Json]:
    """Return an action of a document by its id, or one that is written inline."""
    if not isinstance(action, str):
        return mapping({"action": action}, "action")
    found = (each for each in items(document, "actions") if each.get("actionId") == action)
    return next(found, dict[str, Json]())
