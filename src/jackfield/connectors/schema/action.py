"""Schema of actions."""

from typing import Final

from jackfield.connectors.schema.inputs import INPUT, SCOPES, VALIDATION_RULE
from jackfield.connectors.schema.outline import Outline
from jackfield.connectors.schema.steps import STEP
from jackfield.connectors.schema.sync import DATA_SYNC
from jackfield.engine.schema.expressions import Template
from jackfield.engine.schema.fields import FIELD
from jackfield.engine.schema.kinds import Anything, Boolean, Choice, Number, Text
from jackfield.engine.schema.structures import Either, Entry, ListOf, MapOf, Record

RELEASE_STAGES: Final = ("preview", "beta", "ga", "deprecated", "internal")
ACTION_TYPES: Final = (
    "list", "get", "create", "update", "delete", "custom", "refresh_token", "test", "event", "unknown",
)  # fmt: skip
EFFECTS: Final = ("read", "write", "delete", "search", "execute", "send")

_ANNOTATIONS: Final = Record(
    "Annotations",
    {
        "title": Entry(Text(), "A title for tools."),
        "readOnlyHint": Entry(Boolean(), "It changes nothing."),
        "destructiveHint": Entry(Boolean(), "What it changes may be lost."),
        "idempotentHint": Entry(Boolean(), "Doing it again changes nothing more."),
        "openWorldHint": Entry(Boolean(), "It reaches beyond the hub."),
    },
    doc="Hints for models that choose tools; they override those derived from `effects`.",
)
_COMPOSITE: Final = Record(
    "CompositeIdentifiers",
    {
        "enabled": Entry(Boolean(), "Build ids of several parts.", required=True),
        "version": Entry(Number(1, 1, integer=True), "The encoding; only 1 exists."),
        "fields": Entry(
            ListOf(
                Record(
                    "CompositeField",
                    {
                        "targetFieldKey": Entry(Text(), "The field that holds it.", required=True),
                        "remote": Entry(Text(), "The provider's own field."),
                        "components": Entry(
                            ListOf(
                                Record(
                                    "CompositeComponent",
                                    {
                                        "name": Entry(Text(), "A field.", required=True),
                                        "alias": Entry(Text(), "Its short name in the id."),
                                    },
                                )
                            ),
                            "The fields it is made of.",
                            required=True,
                        ),
                    },
                )
            ),
            "The fields that are such ids.",
        ),
    },
    doc="Ids made of several fields.",
)

_DESCRIPTIVE: Final = {
    "actionId": Entry(
        Text(r"^[A-Za-z][\w-]*$", "snake_case, such as 'list_users'"),
        "The name inside the connector; the full id is `<info.key>_<actionId>`.",
        required=True,
    ),
    "details": Entry(Text(), "All a person or a model needs to choose and use it."),
    "actionType": Entry(Choice(ACTION_TYPES), "What it is, in the unified vocabulary."),
    "schemaType": Entry(
        Choice(("native", "unified")), "Whose shapes its result has.", default="native"
    ),
    "schema": Entry(Either((Text(), MapOf(Anything()))), "The unified schema's name."),
    "executionMode": Entry(Choice(("sync", "async")), "How it runs.", default="sync"),
    "effects": Entry(
        ListOf(Choice(EFFECTS)),
        "What it does to the provider; `send` (ours) may message real people.",
    ),
    "annotations": Entry(_ANNOTATIONS, "Hints for models."),
    "tags": Entry(ListOf(Text()), "Free labels."),
    "resources": Entry(Text(), "A link to the provider's page about it."),
    "releaseStage": Entry(Choice(RELEASE_STAGES), "How settled it is."),
    "examples": Entry(ListOf(MapOf(Anything())), "Examples of use."),
    "entrypointUrl": Entry(Text(), "Its address in a unified API; without effect here."),
    "entrypointHttpMethod": Entry(Text(), "Its method there; without effect here."),
    "inputs": Entry(ListOf(INPUT), "What it takes."),
    "validationRules": Entry(ListOf(VALIDATION_RULE), "Rules between inputs."),
    "requiredScopes": Entry(SCOPES, "Scopes it needs; each is in `scopeDefinitions`."),
    "authRequirements": Entry(MapOf(ListOf(Text())), "What it needs of each auth method."),
    "prerequisiteActions": Entry(ListOf(Anything()), "Actions to run before."),
    "providerEvents": Entry(ListOf(Anything()), "Events of the provider it belongs to."),
    "requiresManualSetup": Entry(Anything(), "The provider must be prepared by hand."),
    "fieldConfigs": Entry(
        ListOf(FIELD), "Fields for the `map_fields` and `typecast` steps that name none."
    ),
    "cursor": Entry(
        Record(
            "ActionCursor",
            {
                "enabled": Entry(Boolean(), "The action has pages."),
                "pageSize": Entry(Number(minimum=1, integer=True), "Rows a page."),
            },
        ),
        "Paging of a unified list.",
    ),
    "compositeIdentifiers": Entry(_COMPOSITE, "Ids made of several fields."),
    "dataSync": Entry(DATA_SYNC, "How to fetch all of it, again and again."),
    "steps": Entry(ListOf(STEP, at_least=1), "What it does, in order.", required=True),
    "result": Entry(Template(), "What it gives back."),
    "output": Entry(
        Outline(),
        "The shape of its data, written as the data is: members with the words `string`, "
        "`datetime`, `integer`, `number`, `boolean`, `object`, `list` or `any`, a list with the "
        "outline of its rows, and `*` for members of any name. Told to callers, not enforced.",
        ours=True,
    ),
}
ACTION: Final = Record(
    "Action",
    {
        "label": Entry(Text(), "Its name for people.", required=True),
        "description": Entry(Text(), "One or two sentences.", required=True),
        "categories": Entry(ListOf(Text()), "What it is about.", required=True),
        **_DESCRIPTIVE,
        "actionType": Entry(
            Choice(ACTION_TYPES), "What it is, in the unified vocabulary.", required=True
        ),
    },
    doc="Something the connector can do.",
)
INLINE_ACTION: Final = Record(
    "InlineAction",
    {
        "label": Entry(Text(), "Its name for people."),
        "description": Entry(Text(), "One or two sentences."),
        "categories": Entry(ListOf(Text()), "What it is about."),
        **_DESCRIPTIVE,
    },
    doc="An action written where it is used; it cannot be called.",
)
