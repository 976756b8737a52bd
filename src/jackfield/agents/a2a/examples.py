"""Example messages that run an action, generated from the action's inputs."""

from collections.abc import Mapping
from typing import Final

from jackfield.agents.accounts import AccountSet
from jackfield.agents.names import ACCOUNT
from jackfield.connectors.action import ActionInfo
from jackfield.connectors.connector import Connector
from jackfield.kit.json import Json, as_list, as_object, is_object

_MOST_LEVELS: Final = 5


def example_call(
    action: ActionInfo, schema: Mapping[str, Json], connector: Connector, account_set: AccountSet
) -> dict[str, Json]:
    """Return a data part that runs an action, with example values for its required inputs."""
    call: dict[str, Json] = {"action": action.id}
    accounts = [
        access.account.id
        for access in account_set.usable
        if access.account.provider == connector.key and access.allows(action.id)
    ]
    if len(account_set.accounts_of(connector.key)) > 1:
        call[ACCOUNT] = accounts[0]
    return {**call, **_required(schema, 0)}


def _required(schema: Mapping[str, Json], level: int) -> dict[str, Json]:
    properties = as_object(schema.get("properties"))
    return {
        name: _value(name, as_object(properties.get(name)), level + 1)
        for name in as_list(schema.get("required"))
    }


def _value(name: str, schema: Mapping[str, Json], level: int) -> Json:
    enum = as_list(schema.get("enum"))
    for example in (*as_list(schema.get("examples")), schema.get("default"), *enum):
        if example is not None:
            return example
    choices = as_list(schema.get("anyOf")) or as_list(schema.get("oneOf"))
    return _value(name, as_object(choices[0]), level) if choices else _sample(name, schema, level)


def _sample(name: str, schema: Mapping[str, Json], level: int) -> Json:
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
