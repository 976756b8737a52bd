"""Channels, message types and templates of the usual project."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.state.channels import Channel, Medium, MessageType
from jackfield.sandbox.iterable.state.project import OWNER, Project
from jackfield.sandbox.iterable.state.snippets import Snippet
from jackfield.sandbox.iterable.state.templates import Template, TemplateKind


class _Channel(NamedTuple):
    medium: Medium
    channel: str
    channel_type: str
    message_type: str
    policy: str = "OptOut"


_CHANNELS: Final = (
    _Channel(Medium.EMAIL, "Marketing email", "Marketing", "Newsletter"),
    _Channel(Medium.PUSH, "App push", "Marketing", "Product news"),
    _Channel(Medium.SMS, "Text messages", "Marketing", "Offers by text"),
    _Channel(Medium.IN_APP, "In-app messages", "Marketing", "Tips in the app"),
    _Channel(Medium.WEB_PUSH, "Browser push", "Marketing", "Back in stock"),
    _Channel(Medium.WHATSAPP, "WhatsApp messages", "Marketing", "Order chat"),
    _Channel(Medium.EMBEDDED, "Embedded messages", "Marketing", "Home screen cards"),
    _Channel(Medium.EMAIL, "Transactional email", "Transactional", "Receipts"),
)
_HTML: Final = (
    '<html><body><h1>Hello {{defaultIfEmpty firstName "there"}}</h1>'
    "<p>{{#if plan}}You are on the {{plan}} plan.{{else}}Choose a plan.{{/if}}</p>"
    '{{{snippet "signature"}}}</body></html>'
)
_CONTENTS: Final[dict[Medium, dict[str, Json]]] = {
    Medium.EMAIL: {
        "subject": "A note for {{firstName}}",
        "preheaderText": "What is new this month",
        "fromName": "Larkfield Outfitters",
        "fromEmail": "hello@larkfield.example",
        "replyToEmail": "help@larkfield.example",
        "html": _HTML,
        "plainText": "Hello {{firstName}}",
        "linkParams": [{"key": "source", "value": "newsletter"}],
        "dataFeedIds": [],
        "cacheDataFeed": False,
        "mergeDataFeedContext": False,
    },
    Medium.PUSH: {
        "title": "New arrivals",
        "message": "Hi {{firstName}}, have a look.",
        "sound": "default",
        "payload": {"screen": "arrivals"},
        "deeplink": {"ios": "larkfield://arrivals", "android": "larkfield://arrivals"},
        "isSilentPush": False,
        "wake": False,
    },
    Medium.SMS: {"message": "Hi {{firstName}}, your {{loyaltyTier}} offer is waiting."},
    Medium.IN_APP: {
        "html": _HTML,
        "expirationDuration": "now+90d",
        "inAppDisplaySettings": {
            "top": {"percentage": 0},
            "right": {"percentage": 0},
            "bottom": {"percentage": 0},
            "left": {"percentage": 0},
        },
        "webInAppDisplaySettings": {"position": "Center"},
        "inboxMetadata": {"title": "A tip for you", "subtitle": "Try the trail planner"},
        "payload": {"topic": "planner"},
    },
    Medium.WEB_PUSH: {"title": "Back in stock", "message": "What you looked at is back."},
    Medium.WHATSAPP: {"message": "Your order {{orderId}} is on its way."},
    Medium.EMBEDDED: {
        "title": "Plan your next trail",
        "body": "Three routes near {{city}}.",
        "placementId": 11,
        "elements": {
            "mediaUrl": "https://images.larkfield.example/trail.jpg",
            "mediaUrlCaption": "A trail at dawn",
            "buttons": [
                {
                    "id": "plan",
                    "title": "Plan",
                    "action": {"type": "openUrl", "data": "https://larkfield.example/plan"},
                }
            ],
        },
        "payload": {"position": 1},
    },
}
# Further contents by locale, so that there is a template that has more than one.
_GERMAN: Final = {
    "subject": "Eine Nachricht für {{firstName}}",
    "html": "<p>Hallo {{firstName}}</p>",
}
# So that each kind is found when it is asked for.
_KINDS: Final = {
    Medium.PUSH: TemplateKind.BLAST,
    Medium.SMS: TemplateKind.TRIGGERED,
    Medium.IN_APP: TemplateKind.WORKFLOW,
}


def plant_channels(project: Project, *, today: datetime) -> None:
    made = today - timedelta(days=700)
    for row in _CHANNELS:
        channel = project.channels.make(
            lambda number, row=row: Channel(number, row.channel, row.channel_type, row.medium)
        )
        project.message_types.make(
            lambda number, row=row, channel=channel: MessageType(
                number, row.message_type, channel.id, row.policy, made, made
            )
        )


def plant_templates(project: Project, *, today: datetime) -> dict[Medium, Template]:
    """Make one template of each medium and return them; beside them one that nothing uses."""
    made: dict[Medium, Template] = {}
    for age, (medium, content) in enumerate(_CONTENTS.items()):
        created = today - timedelta(days=300 - age * 10)
        made[medium] = project.templates.make(
            lambda number, medium=medium, created=created: Template(
                number,
                medium,
                f"{medium} basics",
                message_type_of(project, medium),
                OWNER,
                created,
                created + timedelta(days=2),
                kind=_KINDS.get(medium, TemplateKind.BASE),
                client_template_id=f"basics-{medium.lower()}",
            )
        )
        made[medium].contents["en"] = dict(content)
    made[Medium.EMAIL].contents["de"] = {**_CONTENTS[Medium.EMAIL], **_GERMAN}
    drawn_up = today - timedelta(days=80)
    spare = project.templates.make(
        lambda number: Template(
            number,
            Medium.EMAIL,
            "Anniversary draft",
            message_type_of(project, Medium.EMAIL),
            OWNER,
            drawn_up,
            drawn_up,
            client_template_id="anniversary-draft",
        )
    )
    spare.contents["en"] = dict(_CONTENTS[Medium.EMAIL])
    return made


def plant_snippets(project: Project, *, today: datetime) -> None:
    made = today - timedelta(days=200)
    for name, content, variables in (
        ("signature", "<p>Your friends at Larkfield</p>", ()),
        ("greeting", "<p>Good to see you, {{firstName}}</p>", ("firstName",)),
    ):
        project.snippets.make(
            lambda number, name=name, content=content, variables=variables: Snippet(
                number, name, content, variables, f"The usual {name}", made, OWNER, made, OWNER
            )
        )


def message_type_of(project: Project, medium: Medium) -> int:
    channels = {each.id for each in project.channels if each.medium is medium}
    return next(each.id for each in project.message_types if each.channel_id in channels)
