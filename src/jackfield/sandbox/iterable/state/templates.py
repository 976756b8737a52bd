"""Templates: what campaigns send, in one or more locales."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.state.channels import Medium


class TemplateKind(StrEnum):
    BASE = "Base"
    BLAST = "Blast"
    TRIGGERED = "Triggered"
    WORKFLOW = "Workflow"


@dataclass(slots=True, eq=False)
class Template:
    """`contents` holds what the medium's routes read and write, by locale."""

    id: int
    medium: Medium
    name: str
    message_type_id: int
    creator: str
    created_at: datetime
    updated_at: datetime
    kind: TemplateKind = TemplateKind.BASE
    client_template_id: str | None = None
    campaign_id: int | None = None
    default_locale: str = "en"
    contents: dict[str, dict[str, Json]] = field(default_factory=dict[str, dict[str, Json]])

    def content(self, locale: str | None) -> dict[str, Json] | None:
        return self.contents.get(locale or self.default_locale)
