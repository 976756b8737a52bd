"""Inputs to try an action with: they lead to something that is there."""

from collections.abc import Mapping

from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.kit.json import Json, as_list, items, mapping, text
from jackfield.sandbox.connector.endpoints import Endpoint
from jackfield.sandbox.connector.provider import Provider
from jackfield.sandbox.connector.store import Resource, Store, identities, names_of_id
from jackfield.sandbox.connector.values import invent

_OUTLINES = {"datetime_string": "datetime", "enum": "string"}


def sample_inputs(provider: Provider, store: Store, action: str) -> dict[str, Json]:
    """Return inputs of an action: as few as it takes, with ids of rows that there are."""
    endpoint = next((each for each in provider.endpoints if each.action == action), None)
    told = provider.examples.inputs(action)
    if endpoint is None or endpoint.info is None:
        return told
    required = {
        name: told[name] if name in told else _made_up(each, f"{action}/{name}")
        for each in endpoint.inputs()
        if each.get("required") is True and (name := text(each, "name"))
    }
    ids = _ids(provider, store, endpoint, {**told, **required})
    required |= {name: value for name, value in ids.items() if name in required or not told}
    first = {name: value for name, value in told.items() if name != "next"}
    found = {name: value for name, value in ids.items() if name in first}
    one_of = _one_of(endpoint, required)
    candidates = (required, one_of, {**first, **required, **found})
    return next((each for each in candidates if _is_taken(endpoint, each)), candidates[-1])


def _one_of(endpoint: Endpoint, inputs: Mapping[str, Json]) -> dict[str, Json]:
    """Return inputs with the first one of each group of which there has to be one."""
    entries = {text(each, "name"): each for each in endpoint.inputs()}
    found = dict(inputs)
    for rule in items(endpoint.document, "validationRules"):
        fields = [str(each) for each in rule.get("fields") or ()]
        if text(rule, "rule") == "atLeastOneOf" and not any(each in found for each in fields):
            entry = entries.get(fields[0])
            if entry is not None:
                found[fields[0]] = _made_up(entry, f"{endpoint.action}/{fields[0]}")
    return found


def _is_taken(endpoint: Endpoint, inputs: Mapping[str, Json]) -> bool:
    if endpoint.info is None:
        return False
    try:
        endpoint.info.compiled.accept({"body": inputs})
    except InvalidInputs:
        return False
    return True


def _ids(
    provider: Provider, store: Store, endpoint: Endpoint, inputs: Mapping[str, Json]
) -> dict[str, Json]:
    """Return the input that is the id of a row, with one that there is."""
    resource = provider.resource(endpoint)
    is_put = endpoint.method in {"PUT", "PATCH"} and endpoint.is_of_one
    is_of_none = endpoint.kind in {"list", "create"} and not is_put
    if resource is None or resource.is_alone or not resource.id_name or is_of_none:
        return {}
    if endpoint.names:
        is_of_several = not endpoint.is_of_one or provider.shapes[endpoint].is_list
        if endpoint.kind == "get" and is_of_several:
            return {}
        *place, name = endpoint.names
        rows = store.rows(resource.noun, tuple(str(inputs.get(each, "")) for each in place))
    else:
        name, rows = _named_id(endpoint, resource), store.rows(resource.noun)
    if name == "email":
        known = (each for row in rows for each in identities(row) if "@" in each)
        return dict(zip(["email"], known, strict=False))
    found, usual = rows[0].get(resource.id_name) if rows else None, inputs.get(name)
    if found is None or not name:
        return {}
    return {name: str(found) if isinstance(usual, str) or usual is None else found}


def _named_id(endpoint: Endpoint, resource: Resource) -> str:
    """Return the input in query or body that names a row; an empty name if none does."""
    declared = {text(each, "name") for each in endpoint.inputs()}
    usual = [*names_of_id(resource), *(["email"] if endpoint.kind == "get" else [])]
    sent = {each.name: each.input for each in endpoint.arguments if each.input in declared}
    names = (*(each for each in usual if each in declared), *(sent.get(each, "") for each in usual))
    return next(filter(None, names), "")


def _made_up(entry: Mapping[str, Json], seed: str) -> Json:
    kind, values = text(entry, "type"), as_list(mapping(entry, "oneOf").get("values"))
    made: Json
    if values:
        made = values[0]
    elif kind == "object":
        made = {
            text(each, "name"): _made_up(each, f"{seed}/{text(each, 'name')}")
            for each in items(entry, "properties")
            if each.get("required") is True
        }
    else:
        made = invent(_OUTLINES.get(kind, kind or "string"), text(entry, "name"), seed)
    return [made] if entry.get("array") is True else made
