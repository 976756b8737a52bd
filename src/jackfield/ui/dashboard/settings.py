"""`/dashboard/settings`: the project's look, its links and its logs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.kit import source_address
from jackfield.kit.errors import InvalidRequest
from jackfield.kit.json import Json
from jackfield.kit.whole_numbers import whole_number
from jackfield.projects import service as projects
from jackfield.projects.models import Project
from jackfield.projects.repo import Projects
from jackfield.projects.settings import (
    LONGEST_RETENTION_DAYS,
    LONGEST_UNUSED_DAYS,
    SHORTEST_UNUSED_DAYS,
    ProjectSettings,
    RetentionKind,
)
from jackfield.ui.dashboard.layout import Layout
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.posted_form import Form, read_form
from jackfield.ui.rendering import base_path, hub_of, page

_DEFAULT_BRAND: Final = "#0b6355"
_KINDS: Final[Mapping[RetentionKind, str]] = {
    RetentionKind.BODIES: "Headers and bodies",
    RetentionKind.REQUESTS: "API requests",
    RetentionKind.WEBHOOKS: "Webhook events and deliveries",
    RetentionKind.SESSIONS: "Link sessions that ended",
    RetentionKind.ISSUES: "Resolved issues",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPage:
    template: ClassVar[str] = "dashboard/settings.html"

    layout: Layout
    # What the forms hold: what was typed where it could not be saved.
    values: Mapping[str, str]
    chosen: frozenset[str]
    brand: str
    longest_retention: int
    kinds: Mapping[RetentionKind, str]
    # Where the request comes from.
    address: str | None
    # The form that was saved, or has the faults.
    part: str
    problems: tuple[str, ...]


async def show_settings(request: Request, project: Project) -> Response:
    settings = await _settings(request, project)
    saved = request.query_params.get("saved", "")
    return _page(request, project, *_shown(settings), part=saved)


async def save_settings(request: Request, project: Project) -> Response:
    """Save one of the page's forms: what the others hold stays as it is."""
    hub, part, form = hub_of(request), request.path_params["part"], await read_form(request)
    read, actor = _PARTS.get(part), actor_of(request)
    if read is None:
        raise HTTPException(404)
    try:
        async with hub.db.write(project.id, actor) as tx:
            current = await Projects(tx).settings()
            await projects.change_settings(tx, read(form, current))
    except InvalidRequest as refused:
        values, chosen = _shown(await _settings(request, project))
        problems = tuple(each.message for each in refused.faults) or (refused.detail,)
        typed = {**values, **_cleared(part), **form.fields()}
        flags = (chosen - _FLAGS[part]) | {each for each in _FLAGS[part] if form.has(each)}
        return _page(request, project, typed, flags, part=part, problems=problems)
    return RedirectResponse(f"{base_path(hub)}/dashboard/settings?saved={part}#{part}", 303)


def _look(form: Form, current: ProjectSettings) -> Mapping[str, Json]:
    fields = form.fields()
    colors = dict(current.colors)
    colors.pop("accent", None)
    if (brand := fields.get("brand")) and brand != _DEFAULT_BRAND:
        colors["accent"] = brand
    return {
        "display_name": fields.get("display_name"),
        "logo_url": fields.get("logo_url"),
        "colors": colors,
        "white_label": form.has("white_label"),
    }


def _linking(form: Form, _current: ProjectSettings) -> Mapping[str, Json]:
    return {
        "allowed_origins": tuple(form.fields().get("allowed_origins", "").split()),
        "confirm_links": form.has("confirm_links"),
        "check_accounts": form.has("check_accounts"),
        "suspend_unused_days": _unused_days(form.fields().get("suspend_unused_days", "")),
    }


def _unused_days(typed: str) -> int | None:
    if not typed:
        return None
    days = whole_number(typed, most=LONGEST_UNUSED_DAYS)
    if not days or days < SHORTEST_UNUSED_DAYS:
        msg = (
            f"Unused accounts are suspended after {SHORTEST_UNUSED_DAYS} to {LONGEST_UNUSED_DAYS} "
            "days, or never."
        )
        raise InvalidRequest(msg)
    return days


def _access(form: Form, _current: ProjectSettings) -> Mapping[str, Json]:
    return {"allowed_networks": tuple(form.fields().get("allowed_networks", "").split())}


def _logs(form: Form, _current: ProjectSettings) -> Mapping[str, Json]:
    fields = form.fields()
    return {
        "retention_days": _days(fields.get("retention_days", "")),
        "retention": {
            kind.value: _days(days) for kind in _KINDS if (days := fields.get(f"retention_{kind}"))
        },
        "correlation_headers": tuple(fields.get("correlation_headers", "").split()),
        "redacted_fields": tuple(
            line for line in fields.get("redacted_fields", "").splitlines() if line.strip()
        ),
        "advanced_logs": form.has("advanced_logs"),
        "tool_feedback": form.has("tool_feedback"),
    }


def _days(typed: str) -> int:
    days = whole_number(typed, most=LONGEST_RETENTION_DAYS)
    if not days:
        msg = f"Logs are kept for 1 to {LONGEST_RETENTION_DAYS} days."
        raise InvalidRequest(msg)
    return days


_PARTS: Final[Mapping[str, Callable[[Form, ProjectSettings], Mapping[str, Json]]]] = {
    "look": _look,
    "linking": _linking,
    "logs": _logs,
    "access": _access,
}
_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "access": ("allowed_networks",),
    "look": ("display_name", "logo_url", "brand"),
    "linking": ("allowed_origins", "suspend_unused_days"),
    "logs": (
        *("retention_days", "correlation_headers", "redacted_fields"),
        *(f"retention_{kind}" for kind in _KINDS),
    ),
}
# A browser sends a switch that is on.
_FLAGS: Final[Mapping[str, frozenset[str]]] = {
    "look": frozenset({"white_label"}),
    "linking": frozenset({"confirm_links", "check_accounts"}),
    "logs": frozenset({"advanced_logs", "tool_feedback"}),
    "access": frozenset(),
}


def _cleared(part: str) -> dict[str, str]:
    """Return a form's texts as empty ones: a browser's empty fields are not read."""
    return dict.fromkeys(_TEXTS[part], "")


def _shown(settings: ProjectSettings) -> tuple[dict[str, str], frozenset[str]]:
    values = {
        "display_name": settings.display_name or "",
        "logo_url": settings.logo_url or "",
        "brand": settings.colors.get("accent", _DEFAULT_BRAND),
        "allowed_origins": "\n".join(settings.allowed_origins),
        "suspend_unused_days": str(settings.suspend_unused_days or ""),
        "retention_days": str(settings.retention_days),
        "correlation_headers": "\n".join(settings.correlation_headers),
        "redacted_fields": "\n".join(settings.redacted_fields),
        "allowed_networks": "\n".join(settings.allowed_networks),
        **{f"retention_{kind}": str(settings.retention.get(kind, "")) for kind in _KINDS},
    }
    flags = {name for part in _FLAGS.values() for name in part if getattr(settings, name)}
    return values, frozenset(flags)


async def _settings(request: Request, project: Project) -> ProjectSettings:
    async with hub_of(request).db.read(project.id) as tx:
        return await Projects(tx).settings()


def _page(
    request: Request,
    project: Project,
    values: Mapping[str, str],
    chosen: frozenset[str],
    *,
    part: str,
    problems: tuple[str, ...] = (),
) -> Response:
    return page(
        request,
        SettingsPage(
            layout=Layout.of(request, project),
            values=values,
            chosen=chosen,
            brand=_DEFAULT_BRAND,
            longest_retention=LONGEST_RETENTION_DAYS,
            kinds=_KINDS,
            address=source_address.current(),
            part=part,
            problems=problems,
        ),
        status=422 if problems else 200,
    )
