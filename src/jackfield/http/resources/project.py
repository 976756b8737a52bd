"""`/jackfield/project`: the project of the API key, and its settings."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict

from jackfield.http.context import ApiContext, api_key
from jackfield.http.lists import Texts
from jackfield.http.routing import Routes
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json
from jackfield.projects import service as projects
from jackfield.projects.models import Project, Scope
from jackfield.projects.repo import Projects
from jackfield.projects.settings import (
    LONGEST_RETENTION_DAYS,
    LONGEST_UNUSED_DAYS,
    SHORTEST_UNUSED_DAYS,
    Freeze,
    ProjectSettings,
)

api = Routes(api_key, tag="projects")

_Text = Annotated[str, Meta(min_length=1, max_length=255)]


class BrandingOut(Struct, frozen=True):
    display_name: str | None
    logo_url: str | None
    colors: Mapping[str, str]


class ProjectOut(Struct, frozen=True):
    id: ProjectId
    name: str
    branding: BrandingOut
    white_label: bool
    allowed_origins: tuple[str, ...]
    confirm_links: bool
    strings: Mapping[str, Mapping[str, str]]
    retention_days: int
    retention: Mapping[str, int]
    advanced_logs: bool
    tool_feedback: bool
    check_accounts: bool
    suspend_unused_days: int | None
    honeytoken_freeze: Freeze
    correlation_headers: tuple[str, ...]
    allowed_networks: tuple[str, ...]
    redacted_fields: tuple[str, ...]
    created_at: datetime


class BrandingChange(Struct, frozen=True, forbid_unknown_fields=True):
    display_name: Annotated[
        _Text | UnsetType | None,
        Meta(description="The name shown to people who link their accounts."),
    ] = UNSET
    logo_url: Annotated[
        str | UnsetType | None, Meta(description="An image shown above the Hub.")
    ] = UNSET
    colors: Annotated[
        dict[str, str] | UnsetType | None,
        Meta(description="CSS colors by name, such as `accent`; they replace all previous ones."),
    ] = UNSET


class ProjectChange(Struct, frozen=True, forbid_unknown_fields=True):
    """A change of a project; a field that is left out stays as it is, `null` restores the default."""

    name: _Text | UnsetType | None = UNSET
    branding: BrandingChange | UnsetType | None = UNSET
    white_label: Annotated[
        bool | UnsetType | None, Meta(description="Show nothing of the hub's own in the Hub.")
    ] = UNSET
    allowed_origins: Annotated[
        Texts | UnsetType | None,
        Meta(description="Origins whose pages may frame the Hub: `https://app.example.com`."),
    ] = UNSET
    confirm_links: Annotated[
        bool | UnsetType | None, Meta(description="Links wait for your software to confirm them.")
    ] = UNSET
    strings: Annotated[
        dict[str, dict[str, str]] | UnsetType | None,
        Meta(description="Replacements for texts of the Hub, by language and key."),
    ] = UNSET
    retention_days: Annotated[
        Annotated[int, Meta(ge=1, le=LONGEST_RETENTION_DAYS)] | UnsetType | None,
        Meta(description="How long logs are kept."),
    ] = UNSET
    retention: Annotated[
        dict[str, int] | UnsetType | None,
        Meta(
            description="Days by kind, where it is not `retention_days`: `bodies`, `requests`, "
            "`webhooks`, `sessions`, `issues`; they replace all previous ones."
        ),
    ] = UNSET
    advanced_logs: Annotated[
        bool | UnsetType | None, Meta(description="Keep headers and bodies too, redacted.")
    ] = UNSET
    tool_feedback: Annotated[
        bool | UnsetType | None,
        Meta(description="Offer models a tool, `stackone_submit_feedback`, for feedback on tools."),
    ] = UNSET
    check_accounts: Annotated[
        bool | UnsetType | None,
        Meta(description="Verify the credentials of accounts about daily (the default)."),
    ] = UNSET
    suspend_unused_days: Annotated[
        Annotated[int, Meta(ge=SHORTEST_UNUSED_DAYS, le=LONGEST_UNUSED_DAYS)] | UnsetType | None,
        Meta(description="Suspend accounts that nobody used for so many days; null: never."),
    ] = UNSET
    honeytoken_freeze: Annotated[
        Freeze | UnsetType | None,
        Meta(description="API keys that are disabled when a decoy is used."),
    ] = UNSET
    correlation_headers: Annotated[
        Texts | UnsetType | None,
        Meta(description="Headers kept with each run, to find it by: `x-correlation-id`."),
    ] = UNSET
    allowed_networks: Annotated[
        Texts | UnsetType | None,
        Meta(
            description="Networks that API keys and the dashboard are used from: `203.0.113.0/24`."
        ),
    ] = UNSET
    redacted_fields: Annotated[
        Texts | UnsetType | None,
        Meta(description="Names of fields whose values are kept out of the logs: `birthday`."),
    ] = UNSET

    def values(self) -> dict[str, Json]:
        """Return the changes by the setting's name."""
        changes = _set_fields(self)
        branding = changes.pop("branding", UNSET)
        if branding is None:
            return changes | {"display_name": None, "logo_url": None, "colors": None}
        return changes if branding is UNSET else changes | _set_fields(branding)


@api.add("GET", "/jackfield/project")
async def get_project(ctx: ApiContext) -> ProjectOut:
    """Return the project of the API key."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        return _out(await Projects(tx).get(), await Projects(tx).settings())


@api.add("PATCH", "/jackfield/project", scope=Scope.PROJECT_WRITE)
async def update_project(ctx: ApiContext, body: ProjectChange) -> ProjectOut:
    """Change the project's settings."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        settings = await projects.change_settings(tx, body.values())
        return _out(await Projects(tx).get(), settings)


def _out(project: Project, settings: ProjectSettings) -> ProjectOut:
    return ProjectOut(
        id=project.id,
        name=settings.name,
        branding=BrandingOut(settings.display_name, settings.logo_url, settings.colors),
        white_label=settings.white_label,
        allowed_origins=settings.allowed_origins,
        confirm_links=settings.confirm_links,
        strings=settings.strings,
        retention_days=settings.retention_days,
        retention=settings.retention,
        advanced_logs=settings.advanced_logs,
        tool_feedback=settings.tool_feedback,
        check_accounts=settings.check_accounts,
        suspend_unused_days=settings.suspend_unused_days,
        honeytoken_freeze=settings.honeytoken_freeze,
        correlation_headers=settings.correlation_headers,
        allowed_networks=settings.allowed_networks,
        redacted_fields=settings.redacted_fields,
        created_at=project.created_at,
    )


def _set_fields(change: Struct) -> dict[str, Json]:
    return {name: value for name, value in asdict(change).items() if value is not UNSET}
