"""Example messages that run an action, generated from the action's inputs."""

from collections.abc import Mapping
from typing import Final

from jackfield.agents.accounts import AccountSet
from jackfield.agents.param_styles import ACCOUNT
from jackfield.connectors.action import ActionInfo
from jackfield.connectors.connector import Connector
from jackfield.kit.json import Json, as_list, as_object, is_object

_MOST_LEVELS: Final = 5


def order_of(
    action: ActionInfo, schema: Mapping[str, Json], connector: Connector, reach: AccountSet
) -> dict[str, Json]:
    """Return the data part that runs an action, with what it requires filled in."""
    order: dict[str, Json] = {"action": action.id}
    accounts = [
        held.account.id
        for held in reach.held
        if held.account.provider == connector.key and held.allows(action.id)
    ]
    if len(reach.accounts_of(connector.key)) > 1:
        order[ACCOUNT] = accounts[0]
    return {**order, **_required(schema, 0)}


def _required(schema: Mapping[str, Json], level: int) -> dict[str, Json]:
    properties = as_object(schema.get("properties"))
    return {
        name: _value(name, as_object(properties.get(name)), level + 1)
        for name in as_list(schema.get("required"))
    }


def _value(name: str, schema: Mapping[str, Json], level: int) -> Json:
    shown = [*as_list(schema.get("examples")), schema.get("default"), *as_list(schema.get("enum"))]
    for each in shown:
        if each is not None:
            return each
    choices = as_list(schema.get("anyOf")) or as_list(schema.get("oneOf"))
    return _value(name, as_object(choices[0]), level) if choices else _made(name, schema, level)


def _made(name: str, schema: Mapping[str, Json], level: int) -> Json:
    kinds = schema.get("type")
    kind = next((each for each in as_list(kinds) if each != "null"), kinds)
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "boolean":
        return True
    if kind == "object":
        return _required(schema, level) if level < _MOST_LEVELS else {}
    if kind == "array":
        items = schema.get("items")
        return [_value(name, items, level + 1)] if is_object(items) and level < _MOST_LEVELS else []
    return f"<{name}>"
