"""`/connectors/meta`: the catalog of connectors."""

from collections.abc import Mapping

from msgspec import Struct, field

from jackfield.connectors.catalog import ConnectorNotFound
from jackfield.connectors.connector import Connector
from jackfield.http.context import ApiContext, api_key
from jackfield.http.routing import Routes
from jackfield.kit.json import Json
from jackfield.profiles.repo import Profiles
from jackfield.projects.models import Scope

api = Routes(api_key, tag="connectors")


class ImagesOut(Struct, frozen=True):
    logo_url: str
    original_logo_horizontal_url: str


class ResourcesOut(Struct, frozen=True):
    images: ImagesOut


class ConnectorMetaOut(Struct, frozen=True):
    provider: str
    provider_name: str
    category: str
    categories: tuple[str, ...]
    description: str
    version: str
    release_stage: str
    # bronze, silver or gold, as its author states it; null where nothing is stated.
    quality: str | None
    active: bool
    resources: ResourcesOut
    # This hub has no unified models, but clients expect the key.
    models: Mapping[str, Json] = field(default_factory=dict[str, Json])


@api.add("GET", "/connectors/meta", scope=Scope.CONNECTORS_READ, narrowed=True)
async def list_connectors_meta(ctx: ApiContext) -> list[ConnectorMetaOut]:
    """List connectors; `active` are those the project can link accounts with."""
    active, key = await _active(ctx), ctx.caller.narrowing
    return [
        _out(ctx, connector, active)
        for connector in ctx.hub.catalog.connectors()
        if connector.is_offered and (key is None or key.allows_connector(connector.key))
    ]


@api.add(
    "GET",
    "/connectors/meta/{provider}",
    scope=Scope.CONNECTORS_READ,
    narrowed=True,
    raises=(ConnectorNotFound,),
)
async def get_connector_meta(ctx: ApiContext, provider: str) -> ConnectorMetaOut:
    """Return one connector."""
    connector, key = ctx.hub.catalog.get(provider), ctx.caller.narrowing
    if key is not None and not key.allows_connector(connector.key):
        raise ConnectorNotFound
    return _out(ctx, connector, await _active(ctx))


async def _active(ctx: ApiContext) -> set[str]:
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        return {profile.connector_key for profile in await Profiles(tx).active()}


def _out(ctx: ApiContext, connector: Connector, active: set[str]) -> ConnectorMetaOut:
    icon = ctx.hub.public_url + connector.icon_path
    return ConnectorMetaOut(
        provider=connector.key,
        provider_name=connector.title,
        category=next(iter(connector.categories), ""),
        categories=connector.categories,
        description=connector.description,
        version=connector.version,
        release_stage=connector.release_stage,
        quality=connector.level,
        active=connector.key in active,
        resources=ResourcesOut(ImagesOut(icon, icon)),
    )
