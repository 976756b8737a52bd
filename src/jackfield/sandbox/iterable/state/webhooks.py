"""System webhooks: where the provider would report events."""

from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Webhook:
    id: int
    endpoint: str
    auth_type: str
    enabled: bool
    blast_send_enabled: bool
    triggered_send_enabled: bool
    auth_token: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
