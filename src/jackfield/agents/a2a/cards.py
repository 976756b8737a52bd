"""Agent cards: the public one, and the extended one with the accounts' actions."""

from importlib.metadata import version
from typing import Final

from jackfield.agents.a2a.examples import example_call
from jackfield.agents.a2a.messages import OutputMode
from jackfield.agents.a2a.protocol import VERSION
from jackfield.agents.accounts import AccountSet, title_of
from jackfield.agents.descriptions import describe
from jackfield.agents.param_styles import ParamStyle, find_schema
from jackfield.connectors.action import ActionInfo
from jackfield.connectors.connector import Connector
from jackfield.kit.json import Json, encode
from jackfield.runtime import Hub

_NAME: Final = "Jackfield"
_TAG: Final = "jackfield"
_HOW: Final = (
    'A data part such as {"action": "iterable_list_channels"} runs that action; a text is answered '
    "with the actions that fit it. There is no language model inside: nothing is run that was not "
    "named."
)
_SCHEMES: Final = {
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "The API key as user name, with an empty password.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The API key."},
    "account": {
        "type": "apiKey",
        "in": "header",
        "name": "x-account-id",
        "description": "No secret: the linked accounts to use, with commas between them.",
    },
}
# The skills of every account; its extended card has its own.
_SKILLS: Final[list[Json]] = [
    {
        "id": "find_actions",
        "name": "Find actions",
        "description": "Send what is to be done as a text: the actions that fit it come back, each "
        "with its inputs and the data part that runs it.",
        "tags": [_TAG, "search"],
        "examples": ["who is on the mailing list?"],
        "inputModes": [OutputMode.TEXT],
    },
    {
        "id": "run_action",
        "name": "Run an action",
        "description": "Send a data part with an action's id and its inputs by place (path, query, "
        "headers, body): the result comes back as the task's artifact.",
        "tags": [_TAG, "actions"],
        "examples": ['{"action": "iterable_list_channels"}'],
        "inputModes": [OutputMode.DATA],
    },
]


def card(hub: Hub) -> dict[str, Json]:
    """Return the public card."""
    return {
        "name": _NAME,
        "description": f"Runs the actions of linked SaaS accounts. {_HOW}",
        "protocolVersion": VERSION,
        "version": version("jackfield"),
        "url": f"{hub.public_url}/",
        "preferredTransport": "JSONRPC",
        **({"documentationUrl": f"{hub.public_url}/llms.txt"} if hub.public_docs else {}),
        "capabilities": {
            "streaming": True,
            "pushNotifications": False,
            "stateTransitionHistory": False,
        },
        "defaultInputModes": [OutputMode.TEXT, OutputMode.DATA],
        "defaultOutputModes": [OutputMode.TEXT, OutputMode.DATA],
        "securitySchemes": _SCHEMES,
        "security": [{"basic": [], "account": []}, {"bearer": [], "account": []}],
        "supportsAuthenticatedExtendedCard": True,
        "skills": _SKILLS,
    }


def extended_card(hub: Hub, account_set: AccountSet) -> dict[str, Json]:
    """Return the card of some accounts: their allowed actions are its skills."""
    keys = dict.fromkeys(account.provider for account in account_set.accounts)
    connectors = [each for key in keys if (each := hub.catalog.find(key)) is not None]
    skills = [
        skill
        for connector in connectors
        for action in connector.actions
        if not action.is_internal and account_set.allows(action.id, provider=connector.key)
        if (skill := _skill(action, connector, account_set)) is not None
    ]
    titles = ", ".join(each.title for each in connectors)
    extended = {
        **card(hub),
        "name": f"{_NAME} {titles}",
        "description": f"Runs the actions of {titles}. {_HOW}{_accounts(connectors, account_set)}",
        "skills": skills,
    }
    if len(connectors) == 1 and connectors[0].icon is not None:
        extended["iconUrl"] = hub.public_url + connectors[0].icon_path
    return extended


def _skill(
    action: ActionInfo, connector: Connector, account_set: AccountSet
) -> dict[str, Json] | None:
    schema = find_schema(action, ParamStyle.NESTED)
    if schema is None:
        return None
    return {
        "id": action.id,
        "name": action.label,
        "description": describe(action),
        "tags": list(dict.fromkeys((_TAG, connector.key, *action.tags))),
        "examples": [encode(example_call(action, schema, connector, account_set)).decode()],
    }


def _accounts(connectors: list[Connector], account_set: AccountSet) -> str:
    """Describe the owners of the accounts, and when a call must name one."""
    owners = [
        f"{account.id} is {title_of(account)}'s {connector.title}"
        for connector in connectors
        for account in account_set.accounts_of(connector.key)
    ]
    words = f" Accounts: {'; '.join(owners)}."
    if len(owners) > len(connectors):
        words += " Where several are of one provider, `account_id` in the data part names one."
    for key, error in account_set.unusable.items():
        words += f" Account {key} cannot be used: {error.detail}."
    return words
