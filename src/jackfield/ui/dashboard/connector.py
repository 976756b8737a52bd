"""`/dashboard/connectors/{key}`: one connector, and the project's profiles of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Final
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.accounts import profile_switch
from jackfield.connect.sent_codes.service import code_webhook_uri
from jackfield.connect.sign_in.exchange import redirect_uri
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.changes import Change, compare
from jackfield.connectors.connector import Connector
from jackfield.connectors.fields import Field
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json
from jackfield.profiles import service as profiles
from jackfield.profiles.models import Profile, ProfilePage, ProfileTerms
from jackfield.profiles.repo import Profiles
from jackfield.projects.models import Project
from jackfield.ui.dashboard.connectors import MOST_PROFILES, effects_of
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.guide import setup_guide
from jackfield.ui.posted_form import Form, read_form
from jackfield.ui.rendering import base_path, hub_of, page
from jackfield.uploads.publication import load_published

_SETUP: Final = "setup."
NEW: Final = "new"


@dataclass(frozen=True, slots=True)
class ProfileForm:
    """
    The form of a profile, or of a new one of an auth method.

    `values` are those of its setup that are no secrets.
    """

    place: str
    method: AuthMethod
    fields: tuple[Field, ...]
    guide: Markup
    profile: Profile | None
    name: str
    values: Mapping[str, str]
    is_active: bool
    is_default: bool
    # `None` stands for all.
    allowed: frozenset[str] | None
    redirect_uri: str | None
    code_webhook_uri: str | None
    # In the version it is used by; and what changes with the one that runs, if that is another.
    connector: Connector
    upgrade: tuple[Change, ...] | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorPage:
    template: ClassVar[str] = "dashboard/connector.html"

    layout: Layout
    connector: Connector
    effects: Mapping[str, int]
    forms: tuple[ProfileForm, ...]
    versions: tuple[str, ...]
    # Whether this project uploaded it, and publishes its versions.
    is_own: bool
    # The place of the form that was just saved.
    saved: str


async def show_connector(request: Request, project: Project) -> Response:
    try:
        connector = hub_of(request).catalog.get(request.path_params["key"])
    except HubError as missing:
        return refused(request, project, missing)
    return await _page(request, project, connector)


async def save_profile(request: Request, project: Project) -> Response:
    """Save a profile, or make one where the place in the path is that of a new one."""
    hub, place, actor = hub_of(request), request.path_params["place"], actor_of(request)
    form = await read_form(request)
    try:
        connector = hub.catalog.get(request.path_params["key"])
        async with hub.db.write(project.id, actor) as tx:
            if place == NEW:
                place = (await profiles.create(tx, hub, _terms(connector, form))).id
            else:
                before = await _profile_of(Profiles(tx), connector, place)
                values = _changes(connector, before, form)
                await profile_switch.change_profile(tx, hub, place, values)
    except HubError as error:
        if not error.faults:
            return refused(request, project, error)
        problems = tuple(f"{each.path}: {each.message}" for each in error.faults)
        method = form.fields().get("method", "")
        where = f"{NEW}-{method}" if place == NEW else place
        connector = hub.catalog.get(request.path_params["key"])
        return await _page(request, project, connector, typed=form, where=where, problems=problems)
    return _back(request, connector.key, f"?saved={quote(place)}#{quote(place)}")


async def change_profile(request: Request, project: Project) -> Response:
    """Pin a profile to a version of the connector, unpin it, or delete it."""
    hub, actor = hub_of(request), actor_of(request)
    place, verb = request.path_params["place"], request.path_params["verb"]
    wanted = (await read_form(request)).fields().get("version") if verb == "pin" else None
    try:
        connector = hub.catalog.get(request.path_params["key"])
        async with hub.db.write(project.id, actor) as tx:
            await _profile_of(Profiles(tx), connector, place)
            if verb == "delete":
                await profile_switch.remove_profile(tx, place)
            elif verb in ("pin", "unpin"):
                version = (wanted or connector.version) if verb == "pin" else None
                await profiles.pin(tx, hub, place, version)
        await load_published(hub, actor)
    except HubError as error:
        return refused(request, project, error)
    return _back(request, connector.key)


async def _profile_of(rows: Profiles, connector: Connector, profile_id: str) -> Profile:
    """Return a profile of the connector; one of another looks as if it were not there."""
    profile = await rows.get(profile_id)
    if profile.connector_key != connector.key:
        return await rows.get("")
    return profile


def _terms(connector: Connector, form: Form) -> ProfileTerms:
    fields = form.fields()
    return ProfileTerms(
        connector_key=connector.key,
        auth_method=fields.get("method", ""),
        name=fields.get("name"),
        setup=_typed(form),
        is_default=form.has("default"),
        active=form.has("active"),
        allowed_actions=_allowed(form),
    )


def _changes(connector: Connector, before: Profile, form: Form) -> dict[str, Json]:
    method = connector.find_auth_method(before.auth_method)
    fields = _fields(method) if method else ()
    typed = _typed(form)
    # A secret that is left empty stays, and another value goes.
    emptied = {each.key: None for each in fields if not each.secret and each.key not in typed}
    changes: dict[str, Json] = {
        "setup": {**emptied, **typed},
        "active": form.has("active"),
        "allowed_actions": _allowed(form),
    }
    if name := form.fields().get("name"):
        changes["name"] = name
    if form.has("default"):
        changes["is_default"] = True
    return changes


def _typed(form: Form) -> dict[str, str]:
    return {
        name.removeprefix(_SETUP): value for name, value in form.pairs if name.startswith(_SETUP)
    }


def _allowed(form: Form) -> tuple[str, ...] | None:
    return tuple(form.all("action")) if form.fields().get("allow") == "some" else None


def _fields(method: AuthMethod) -> tuple[Field, ...]:
    return tuple(each for each in method.setup_fields if not each.read_only and not each.computed)


async def _page(
    request: Request,
    project: Project,
    connector: Connector,
    *,
    typed: Form | None = None,
    where: str = "",
    problems: tuple[str, ...] = (),
) -> Response:
    hub = hub_of(request)
    async with hub.db.read(project.id) as tx:
        rows = await Profiles(tx).page(ProfilePage(size=MOST_PROFILES, connector_key=connector.key))
    forms = [
        await _form_of(request, used, method, profile, running=connector)
        for profile in rows
        if (used := hub.catalog.find(connector.key, profile.pinned_version)) is not None
        and (method := used.find_auth_method(profile.auth_method)) is not None
    ]
    forms += [_form(request, connector, method, None) for method in connector.auth_methods]
    if typed is not None:
        forms = [_with(each, typed, problems) if each.place == where else each for each in forms]
    return page(
        request,
        ConnectorPage(
            layout=Layout.of(request, project),
            connector=connector,
            effects=effects_of(connector),
            forms=tuple(forms),
            versions=hub.catalog.versions(connector.key),
            is_own=hub.catalog.owner_of(connector.key) == project.id,
            saved=request.query_params.get("saved", ""),
        ),
        status=422 if problems else 200,
    )


async def _form_of(
    request: Request, used: Connector, method: AuthMethod, profile: Profile, *, running: Connector
) -> ProfileForm:
    form = _form(request, used, method, profile)
    if used is running:
        return form
    # In a thread: every action of both versions is compiled for it.
    return replace(form, upgrade=await asyncio.to_thread(compare, used, running))


def _form(
    request: Request, connector: Connector, method: AuthMethod, profile: Profile | None
) -> ProfileForm:
    hub = hub_of(request)
    allowed = profile.allowed_actions if profile else None
    return ProfileForm(
        place=profile.id if profile else f"{NEW}-{method.key}",
        method=method,
        fields=_fields(method),
        guide=setup_guide(method),
        profile=profile,
        name=profile.name if profile else "",
        values=profile.setup if profile else {},
        is_active=profile.active if profile else True,
        is_default=profile.is_default if profile else False,
        allowed=None if allowed is None else frozenset(allowed),
        redirect_uri=redirect_uri(hub, connector) if method.redirects else None,
        code_webhook_uri=code_webhook_uri(hub, connector, profile) if profile else None,
        connector=connector,
    )


def _with(form: ProfileForm, typed: Form, problems: tuple[str, ...]) -> ProfileForm:
    """Return a form with what was typed into it, but for secrets, and what is wrong with that."""
    allowed, values = _allowed(typed), _typed(typed)
    return replace(
        form,
        name=typed.fields().get("name", ""),
        values={each.key: values.get(each.key, "") for each in form.fields if not each.secret},
        is_active=typed.has("active"),
        is_default=typed.has("default"),
        allowed=None if allowed is None else frozenset(allowed),
        problems=problems,
    )


def _back(request: Request, key: str, where: str = "") -> Response:
    place = f"{base_path(hub_of(request))}/dashboard/connectors/{quote(key)}"
    return RedirectResponse(place + where, 303)
