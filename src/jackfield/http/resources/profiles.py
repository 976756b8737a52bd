"""
`/connector_profiles`: connector profiles of the project.

`/auth_configs` is the name published clients knew them by first.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

from msgspec import UNSET, Meta, Struct, UnsetType, field
from msgspec.structs import asdict
from starlette.responses import Response

from jackfield.accounts import profile_switch
from jackfield.connect.sent_codes.service import code_webhook_uri
from jackfield.connect.sign_in.exchange import redirect_uri
from jackfield.connectors.catalog import ConnectorNotFound
from jackfield.http.context import ApiContext, api_key
from jackfield.http.lists import Texts
from jackfield.http.routing import Routes
from jackfield.kit.ids import ProfileId
from jackfield.kit.json import Json
from jackfield.profiles import service as profiles
from jackfield.profiles.models import (
    ConnectorVersionNotFound,
    DefaultProfileRequired,
    InvalidProfile,
    Profile,
    ProfileInUse,
    ProfileNotFound,
    ProfilePage,
    ProfileTerms,
)
from jackfield.profiles.repo import Profiles
from jackfield.projects.models import Scope
from jackfield.uploads.publication import load_published

api = Routes(api_key, tag="profiles")

_OWNER: Final = "jackfield"
_Text = Annotated[str, Meta(min_length=1, max_length=255)]
_SETUP = "The operator's own values, such as an OAuth client's. Secrets are sealed, never returned."
_REDIRECT = "What to register with the provider, if people sign in there."
_CODES = "Where the provider is to send the codes of sign-ins by webhook, if it does so."
_ALLOWED = "The ids of the actions its accounts may run; `null` for all."


class ProfileOut(Struct, frozen=True):
    id: ProfileId
    name: str
    connector_key: str
    connector_label: str
    connector_version: str | None
    connector_pinned_version: str | None
    connector_owner: str
    authentication_config_key: str
    authentication_config_label: str
    environment: str
    active: bool
    default: bool
    categories: tuple[str, ...]
    release_stage: str
    logo_url: str
    setup: Mapping[str, str]
    allowed_actions: tuple[str, ...] | None
    redirect_uri: Annotated[str | None, Meta(description=_REDIRECT)]
    code_webhook_uri: Annotated[str | None, Meta(description=_CODES)]
    created_at: datetime
    updated_at: datetime


class ProfilesOut(Struct, frozen=True):
    data: tuple[ProfileOut, ...]
    page: int
    page_size: int
    total: int


class ProfilesQuery(Struct, frozen=True):
    connector_key: str | None = None
    enabled: bool | None = None
    page: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    page_size: Annotated[int, Meta(ge=1, le=1000)] = 25

    def profiles(self) -> ProfilePage:
        return ProfilePage(self.page, self.page_size, self.connector_key, self.enabled)


class ProfileIn(Struct, frozen=True, forbid_unknown_fields=True):
    connector_key: _Text
    authentication_config_key: Annotated[
        _Text | None, Meta(description="One of the connector's auth methods.")
    ] = None
    name: _Text | None = None
    environment: _Text | None = None
    setup: Annotated[dict[str, Json] | None, Meta(description=_SETUP)] = None
    default: Annotated[
        bool | None, Meta(description="The profile of connect sessions that name none.")
    ] = None
    active: bool | None = None
    allowed_actions: Annotated[Texts | None, Meta(description=_ALLOWED)] = None

    def terms(self) -> ProfileTerms:
        return ProfileTerms(
            connector_key=self.connector_key,
            auth_method=self.authentication_config_key,
            name=self.name,
            environment=self.environment,
            setup=self.setup or {},
            is_default=bool(self.default),
            active=self.active is not False,
            allowed_actions=_tuple(self.allowed_actions),
        )


class ProfileChange(Struct, frozen=True, forbid_unknown_fields=True):
    """A change of a connector profile; a field that is left out stays as it is."""

    name: _Text | UnsetType = UNSET
    setup: Annotated[
        dict[str, Json] | UnsetType,
        Meta(description="Values to change; `null` removes one."),
    ] = UNSET
    is_default: Annotated[
        bool | UnsetType, Meta(description="Make it the default in place of another.")
    ] = field(default=UNSET, name="default")
    active: Annotated[
        bool | UnsetType, Meta(description="Its accounts are inactive while it is.")
    ] = UNSET
    allowed_actions: Annotated[Texts | UnsetType | None, Meta(description=_ALLOWED)] = UNSET

    def values(self) -> dict[str, Json]:
        values = {name: value for name, value in asdict(self).items() if value is not UNSET}
        if "allowed_actions" in values:
            values["allowed_actions"] = _tuple(values["allowed_actions"])
        return values


class VersionOut(Struct, frozen=True):
    version: str
    loaded: bool
    pinned: bool


class VersionsOut(Struct, frozen=True):
    data: tuple[VersionOut, ...]
    pinned_version: str | None


class PinnedVersion(Struct, frozen=True):
    pinned_version: Annotated[
        Annotated[str, Meta(min_length=1, max_length=64)] | None,
        Meta(description="The loaded version when left out."),
    ] = None


class PinnedVersionOut(Struct, frozen=True):
    pinned_version: str | None


@api.add("GET", "/connector_profiles", "/auth_configs", scope=Scope.CONNECTORS_READ)
async def list_connector_profiles(ctx: ApiContext, query: ProfilesQuery) -> ProfilesOut:
    """List connector profiles by connector, the default one first."""
    page = query.profiles()
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        rows = await Profiles(tx).page(page)
        total = await Profiles(tx).count(page)
    return ProfilesOut(tuple(_out(ctx, row) for row in rows), page.number, page.size, total)


@api.add(
    "POST",
    "/connector_profiles",
    "/auth_configs",
    scope=Scope.CONNECTORS_WRITE,
    status=201,
    raises=(ConnectorNotFound, InvalidProfile),
)
async def create_connector_profile(ctx: ApiContext, body: ProfileIn) -> ProfileOut:
    """Switch a connector on. Its first profile is the default."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return _out(ctx, await profiles.create(tx, ctx.hub, body.terms()))


@api.add(
    "GET",
    "/connector_profiles/{profile_id}",
    "/auth_configs/{profile_id}",
    scope=Scope.CONNECTORS_READ,
    raises=(ProfileNotFound,),
)
async def get_connector_profile(ctx: ApiContext, profile_id: str) -> ProfileOut:
    """Return one connector profile."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        return _out(ctx, await Profiles(tx).get(profile_id))


@api.add(
    "PATCH",
    "/connector_profiles/{profile_id}",
    "/auth_configs/{profile_id}",
    scope=Scope.CONNECTORS_WRITE,
    raises=(ProfileNotFound, InvalidProfile, DefaultProfileRequired),
)
async def update_connector_profile(
    ctx: ApiContext, profile_id: str, body: ProfileChange
) -> ProfileOut:
    """Change a connector profile. While it is not active, neither are its accounts."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        changed = await profile_switch.change_profile(tx, ctx.hub, profile_id, body.values())
        return _out(ctx, changed)


@api.add(
    "DELETE",
    "/connector_profiles/{profile_id}",
    "/auth_configs/{profile_id}",
    scope=Scope.CONNECTORS_WRITE,
    raises=(ProfileNotFound, ProfileInUse),
)
async def delete_connector_profile(ctx: ApiContext, profile_id: str) -> ProfileOut:
    """Delete a connector profile that no account is linked with, and return its last state."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        return _out(ctx, await profile_switch.remove_profile(tx, profile_id))


@api.add(
    "GET",
    "/connector_profiles/{profile_id}/versions",
    scope=Scope.CONNECTORS_READ,
    raises=(ProfileNotFound,),
)
async def list_connector_versions(ctx: ApiContext, profile_id: str) -> VersionsOut:
    """List the versions of the profile's connector that it can be pinned to, and the pinned one."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        profile = await Profiles(tx).get(profile_id)
    connector = ctx.hub.catalog.find(profile.connector_key)
    pinned, loaded = profile.pinned_version, connector and connector.version
    published = ctx.hub.catalog.versions(profile.connector_key)
    known = dict.fromkeys((*published, *((pinned,) if pinned else ())))
    return VersionsOut(
        tuple(VersionOut(each, each == loaded, each == pinned) for each in known), pinned
    )


@api.add(
    "GET",
    "/connector_profiles/{profile_id}/pinned_version",
    scope=Scope.CONNECTORS_READ,
    raises=(ProfileNotFound,),
)
async def get_pinned_version(ctx: ApiContext, profile_id: str) -> PinnedVersionOut:
    """Return the version of the connector that the profile is pinned to, if any."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        return PinnedVersionOut((await Profiles(tx).get(profile_id)).pinned_version)


@api.add(
    "PUT",
    "/connector_profiles/{profile_id}/pinned_version",
    scope=Scope.CONNECTORS_WRITE,
    raises=(ProfileNotFound, ConnectorVersionNotFound),
)
async def pin_connector_version(
    ctx: ApiContext, profile_id: str, body: PinnedVersion
) -> PinnedVersionOut:
    """
    Stay on a version of the connector, until it is unpinned.

    Earlier versions of an uploaded connector go on running for profiles that are pinned to them. Of
    others there is one version: where a hub has another, what is pinned refuses to run.
    """
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        profile = await Profiles(tx).get(profile_id)
        version = body.pinned_version or ctx.hub.catalog.get(profile.connector_key).version
        pinned = await profiles.pin(tx, ctx.hub, profile_id, version)
    # It is loaded here at once, if it is not the one that runs; elsewhere within a second.
    await load_published(ctx.hub, ctx.actor)
    return PinnedVersionOut(pinned.pinned_version)


@api.add(
    "DELETE",
    "/connector_profiles/{profile_id}/pinned_version",
    scope=Scope.CONNECTORS_WRITE,
    status=204,
    raises=(ProfileNotFound,),
)
async def unpin_connector_version(ctx: ApiContext, profile_id: str) -> Response:
    """Run on any version of the connector that the hub has loaded."""
    async with ctx.hub.db.write(ctx.caller.project_id, ctx.actor) as tx:
        await profiles.pin(tx, ctx.hub, profile_id, None)
    return Response(status_code=204)


def _out(ctx: ApiContext, profile: Profile) -> ProfileOut:
    connector = ctx.hub.catalog.find(profile.connector_key, profile.pinned_version)
    method = connector and connector.find_auth_method(profile.auth_method)
    return ProfileOut(
        id=profile.id,
        name=profile.name,
        connector_key=profile.connector_key,
        connector_label=connector.title if connector else profile.connector_key,
        connector_version=connector.version if connector else None,
        connector_pinned_version=profile.pinned_version,
        connector_owner=_OWNER,
        authentication_config_key=profile.auth_method,
        authentication_config_label=method.label if method else profile.auth_method,
        environment=profile.environment,
        active=profile.active,
        default=profile.is_default,
        categories=connector.categories if connector else (),
        release_stage=connector.release_stage if connector else "ga",
        logo_url=ctx.hub.public_url + connector.icon_path if connector else "",
        setup=profile.setup,
        allowed_actions=profile.allowed_actions,
        redirect_uri=redirect_uri(ctx.hub, connector)
        if connector and method and method.redirects
        else None,
        code_webhook_uri=code_webhook_uri(ctx.hub, connector, profile) if connector else None,
        created_at=profile.created_at,
        updated_at=profile.updated_at,
    )


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(dict.fromkeys(values))
