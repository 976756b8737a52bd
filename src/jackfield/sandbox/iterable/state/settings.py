"""Settings that change a project's behavior."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

_Seconds = Annotated[float, Meta(ge=0, le=86_400)]


class ProjectType(StrEnum):
    """How a project tells users apart."""

    EMAIL = "email"
    USER_ID = "userId"
    HYBRID = "hybrid"


class Features(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What the provider switches on for a project on request."""

    schedule_campaigns: bool = True
    trigger_campaigns: bool = True
    subscription_groups: bool = True
    double_opt_in: bool = True
    sms_verification: bool = True
    opt_in_message_types: bool = True


class Settings(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What a developer may change while the sandbox runs; times are in seconds.

    The last three choose between readings of the reference that no evidence settles.
    """

    project_type: ProjectType = ProjectType.EMAIL
    latency: _Seconds = 0.0
    visibility_delay: _Seconds = 0.0
    rate_limits: bool = True
    features: Features = field(default_factory=Features)
    echo_headers_in_body_errors: bool = False
    wrap_catalog_replies: bool = False
    capitalize_job_states: bool = False
