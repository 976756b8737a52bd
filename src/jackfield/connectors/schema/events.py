"""Schema of the provider's webhooks."""

from typing import Final

from jackfield.connectors.schema.action import INLINE_ACTION
from jackfield.connectors.schema.authentication import GUIDE
from jackfield.connectors.schema.steps import STEP
from jackfield.engine.schema.expressions import BareExpression, Template
from jackfield.engine.schema.kinds import Boolean, Text
from jackfield.engine.schema.structures import Either, Entry, ListOf, MapOf, Record

_RULE: Final = Record(
    "EventRule",
    {
        "when": Entry(
            Either((BareExpression(), Boolean())), "The rule applies if this holds.", required=True
        ),
        "then": Entry(
            Record(
                "EventThen",
                {
                    "action": Entry(Text(), "The event action to run.", required=True),
                    "input": Entry(MapOf(BareExpression()), "What to give it."),
                },
            ),
            "What to do.",
            required=True,
        ),
    },
    doc="What to do with an event.",
)
_SETUP: Final = Record(
    "EventSetupStage",
    {
        "steps": Entry(ListOf(STEP, at_least=1), "What to do, in order.", required=True),
        "result": Entry(Template(), "What to keep."),
    },
)
EVENTS: Final = Record(
    "Events",
    {
        "router": Entry(
            Record(
                "EventRouter",
                {
                    "delivery": Entry(ListOf(_RULE), "Rules for the delivery as a whole."),
                    "itemsPath": Entry(Text(), "Path of the list of events in the body."),
                    "rules": Entry(ListOf(_RULE), "Rules for each event.", required=True),
                },
            ),
            "Which action an event belongs to.",
        ),
        "setup": Entry(
            Record(
                "EventSetup",
                {
                    "creation": Entry(_SETUP, "Registers the webhook.", required=True),
                    "activation": Entry(_SETUP, "Switches it on."),
                    "deletion": Entry(_SETUP, "Removes it.", required=True),
                    "isConsolidated": Entry(Boolean(), "One webhook serves all events."),
                },
            ),
            "How the webhook is registered with the provider.",
        ),
        "actions": Entry(ListOf(INLINE_ACTION), "What events are turned into."),
        "guides": Entry(
            Record("EventGuides", {"setup": Entry(GUIDE, "How to set it up by hand.")}), "Guides."
        ),
        "externalAccountIdExtractor": Entry(
            Record(
                "AccountIdExtractor",
                {
                    "actionId": Entry(Text(), "Its name."),
                    "label": Entry(Text(), "Its name for people."),
                    "description": Entry(Text(), "What it does."),
                    "categories": Entry(ListOf(Text()), "What it is about."),
                    "actionType": Entry(Text(), "Always `event`."),
                    "steps": Entry(ListOf(STEP), "What to do before."),
                    "result": Entry(BareExpression(), "The account's id.", required=True),
                },
            ),
            "Whose account an event belongs to.",
        ),
    },
    doc="Webhooks of the provider. Checked, not run yet.",
)
