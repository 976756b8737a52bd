"""A project: everything the provider keeps for one customer."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from jackfield.kit.clock import Clock
from jackfield.sandbox.iterable.regions import FACTS, Facts, Region
from jackfield.sandbox.iterable.state.agenda import Agenda, Deed
from jackfield.sandbox.iterable.state.campaigns import Campaign
from jackfield.sandbox.iterable.state.catalogs import Catalog, Item
from jackfield.sandbox.iterable.state.channels import Channel, MessageType
from jackfield.sandbox.iterable.state.collection import Numbered
from jackfield.sandbox.iterable.state.events import Events
from jackfield.sandbox.iterable.state.experiments import Experiment, Variant
from jackfield.sandbox.iterable.state.fields import FieldTypes
from jackfield.sandbox.iterable.state.jobs import ExportJob
from jackfield.sandbox.iterable.state.journeys import Journey
from jackfield.sandbox.iterable.state.lists import MemberList
from jackfield.sandbox.iterable.state.messages import Messages, ScheduledMessage
from jackfield.sandbox.iterable.state.settings import Settings
from jackfield.sandbox.iterable.state.snippets import Snippet
from jackfield.sandbox.iterable.state.templates import Template
from jackfield.sandbox.iterable.state.users import Users
from jackfield.sandbox.iterable.state.webhooks import Webhook

OWNER: Final = "morgan.reyes@larkfield.example"
_MOST_USER_FIELDS: Final = 1000
_MOST_EVENT_FIELDS: Final = 8000


@dataclass(slots=True, eq=False)
class Project:
    region: Region
    clock: Clock
    settings: Settings = field(default_factory=Settings)
    agenda: Agenda = field(default_factory=Agenda)
    users: Users = field(default_factory=Users)
    user_fields: FieldTypes = field(default_factory=lambda: FieldTypes("user", _MOST_USER_FIELDS))
    event_fields: dict[str, FieldTypes] = field(default_factory=dict[str, FieldTypes])
    forgotten_emails: dict[str, None] = field(default_factory=dict[str, None])
    forgotten_user_ids: dict[str, None] = field(default_factory=dict[str, None])
    lists: Numbered[MemberList] = field(default_factory=lambda: Numbered[MemberList](30_001))
    channels: Numbered[Channel] = field(default_factory=lambda: Numbered[Channel](501))
    message_types: Numbered[MessageType] = field(
        default_factory=lambda: Numbered[MessageType](7_001)
    )
    templates: Numbered[Template] = field(default_factory=lambda: Numbered[Template](200_001))
    campaigns: Numbered[Campaign] = field(default_factory=lambda: Numbered[Campaign](100_001))
    messages: Messages = field(default_factory=Messages)
    scheduled: Numbered[ScheduledMessage] = field(
        default_factory=lambda: Numbered[ScheduledMessage](900_001)
    )
    events: Events = field(default_factory=Events)
    journeys: Numbered[Journey] = field(default_factory=lambda: Numbered[Journey](60_001))
    catalogs: dict[str, Catalog] = field(default_factory=dict[str, Catalog])
    metadata: dict[str, dict[str, Item]] = field(default_factory=dict[str, dict[str, Item]])
    snippets: Numbered[Snippet] = field(default_factory=lambda: Numbered[Snippet](40_001))
    experiments: Numbered[Experiment] = field(default_factory=lambda: Numbered[Experiment](50_001))
    variants: Numbered[Variant] = field(default_factory=lambda: Numbered[Variant](55_001))
    jobs: Numbered[ExportJob] = field(default_factory=lambda: Numbered[ExportJob](80_001))
    webhooks: Numbered[Webhook] = field(default_factory=lambda: Numbered[Webhook](1_501))
    revoked_jwts: dict[str, datetime] = field(default_factory=dict[str, datetime])
    verification_profiles: frozenset[int] = frozenset()
    verifications: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def facts(self) -> Facts:
        return FACTS[self.region]

    @property
    def now(self) -> datetime:
        return self.clock()

    def defer(self, deed: Deed) -> None:
        """Write something, at once or, where writes are visible late, when that time has come."""
        delay = self.settings.visibility_delay
        if delay:
            self.agenda.add(self.now + timedelta(seconds=delay), deed)
        else:
            deed(self.now)

    def types_of_event(self, name: str) -> FieldTypes:
        return self.event_fields.setdefault(name, FieldTypes("custom", _MOST_EVENT_FIELDS))


def digest(identifier: str) -> str:
    """Return what is kept of a forgotten user's email or id."""
    return hashlib.sha256(identifier.lower().encode()).hexdigest()
