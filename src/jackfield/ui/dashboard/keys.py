"""`/dashboard/keys`: the project's API keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.kit.errors import HubError
from jackfield.kit.ids import ApiKeyId
from jackfield.projects import service as projects
from jackfield.projects.models import ApiKey, KeyState, Project, Scope
from jackfield.projects.narrowed_keys.words import as_tree, limit_words
from jackfield.projects.repo import ApiKeys
from jackfield.ui.dashboard.actors import described_text
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of, page

_LONGEST_NAME: Final = 100
_MOST_NARROWED: Final = 200
# States of keys that are not shown: of narrowed keys, and of ordinary ones.
_ENDED: Final = (
    frozenset({KeyState.REVOKED, KeyState.EXPIRED}),
    frozenset({KeyState.REVOKED}),
)
_SOON: Final = timedelta(days=14)
# What each scope lets a key do, as the form asks for it.
_SCOPES: Final[Mapping[Scope, str]] = {
    Scope.ACCOUNTS_READ: "See accounts",
    Scope.ACCOUNTS_WRITE: "Change and delete accounts",
    Scope.CONNECT_WRITE: "Make links",
    Scope.ACTIONS_EXECUTE: "Run actions",
    Scope.LOGS_READ: "Read logs",
    Scope.CONNECTORS_READ: "See connectors",
    Scope.CONNECTORS_WRITE: "Change connectors, and publish your own",
    Scope.WEBHOOKS_WRITE: "Change webhooks",
    Scope.PROJECT_WRITE: "Change the project",
    Scope.CREDENTIALS_READ: "Asked for by published clients; it opens nothing",
}
_LIFETIMES: Final[Mapping[str, tuple[str, timedelta | None]]] = {
    "": ("Never", None),
    "30": ("In 30 days", timedelta(days=30)),
    "90": ("In 90 days", timedelta(days=90)),
    "365": ("In a year", timedelta(days=365)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysPage:
    template: ClassVar[str] = "dashboard/keys.html"

    layout: Layout
    # Those that were not revoked, newest first; each with those below it that come from it, and
    # how deep it is.
    keys: tuple[tuple[ApiKey, int], ...]
    # What narrowed keys may do, by their ids.
    limits: Mapping[str, tuple[str, ...]]
    # How many narrowed keys are left out.
    hidden: int
    now: datetime
    # What expires before this is marked.
    soon: datetime
    scopes: Mapping[Scope, str]
    lifetimes: Mapping[str, tuple[str, timedelta | None]]
    typed: Mapping[str, str]
    chosen: tuple[str, ...]
    problem: str | None
    # Who made each key, by the text that is kept of them.
    makers: Mapping[str, str]
    # The name and the token of the key that was just made.
    made: tuple[str, str] | None


async def list_keys(request: Request, project: Project) -> Response:
    return await _keys_page(request, project)


async def make_key(request: Request, project: Project) -> Response:
    """Make a key of the form, and show it: the only time it can be read."""
    form = await read_form(request)
    typed, chosen = form.fields(), tuple(form.all("scope"))
    name = typed.get("name", "").strip()
    problem = None
    if not name or len(name) > _LONGEST_NAME:
        problem = f"Give the key a name of up to {_LONGEST_NAME} characters."
    elif not chosen or not set(chosen) <= set(Scope):
        problem = "Choose what the key may do."
    elif typed.get("lifetime", "") not in _LIFETIMES:
        problem = "Choose when the key expires."
    if problem:
        return await _keys_page(request, project, typed=typed, chosen=chosen, problem=problem)
    _, lifetime = _LIFETIMES[typed.get("lifetime", "")]
    actor = actor_of(request)
    async with hub_of(request).db.write(project.id, actor) as tx:
        issued = await projects.issue_key(
            tx, name=name, scopes=frozenset(map(Scope, chosen)), lifetime=lifetime
        )
    return await _keys_page(request, project, made=(name, issued.token.reveal()))


async def change_key(request: Request, project: Project) -> Response:
    """Disable a key, enable it again, or revoke one that is disabled."""
    hub, key_id = hub_of(request), ApiKeyId(request.path_params["key_id"])
    verb, actor = _CHANGES.get(request.path_params["verb"]), actor_of(request)
    try:
        async with hub.db.write(project.id, actor) as tx:
            if verb is not None:
                await projects.change_key(tx, key_id, verb)
    except HubError as error:
        return refused(request, project, error)
    return RedirectResponse(f"{base_path(hub)}/dashboard/keys", 303)


_CHANGES: Final[Mapping[str, Literal["disable", "enable", "revoke"]]] = {
    "disable": "disable",
    "enable": "enable",
    "revoke": "revoke",
}


async def _keys_page(
    request: Request,
    project: Project,
    *,
    typed: Mapping[str, str] | None = None,
    chosen: tuple[str, ...] = (),
    problem: str | None = None,
    made: tuple[str, str] | None = None,
) -> Response:
    hub = hub_of(request)
    now = hub.clock()
    async with hub.db.read(project.id) as tx:
        keys = await ApiKeys(tx).all()
    names: Mapping[str, str] = {each.id: each.name for each in keys}
    texts = {each.created_by for each in keys}
    # Of narrowed keys there are many, and they end soon.
    working = [
        each for each in reversed(keys) if each.state(now) not in _ENDED[each.limits is None]
    ]
    narrowed = [each for each in working if each.limits is not None]
    hidden = {each.id for each in narrowed[_MOST_NARROWED:]}
    shown = [each for each in working if each.id not in hidden]
    return page(
        request,
        KeysPage(
            layout=Layout.of(request, project),
            keys=tuple(as_tree(shown)),
            limits={each.id: limit_words(each) for each in shown},
            hidden=len(hidden),
            now=now,
            soon=now + _SOON,
            scopes=_SCOPES,
            lifetimes=_LIFETIMES,
            typed=typed or {},
            chosen=chosen,
            problem=problem,
            makers={text: described_text(text, names) for text in texts if text},
            made=made,
        ),
        status=422 if problem else 200,
    )
