"""`/api/templates`: lists of templates of every medium, and deleting them."""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import per_second
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.state.templates import Template
from jackfield.sandbox.iterable.times import epoch_ms
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.moments import read_moment
from jackfield.sandbox.iterable.wire.paging import Listing, ordered
from jackfield.sandbox.iterable.wire.routing import Effect, get, post

_SORTS: Final[Mapping[str, Callable[[Template], Json]]] = {
    "id": lambda template: template.id,
    "name": lambda template: template.name,
    "createdAt": lambda template: template.created_at,
    "updatedAt": lambda template: template.updated_at,
}


class Templates(Struct, rename="camel"):
    template_type: Literal["Base", "Blast", "Triggered", "Workflow"] | None = None
    message_medium: Literal["Email", "Push", "InApp", "SMS"] | None = None
    start_date_time: str | None = None
    end_date_time: str | None = None
    page: int | None = None
    page_size: int | None = None
    sort: str = "id"


class ByClientId(Struct, rename="camel"):
    client_template_id: str


class Doomed(Struct):
    ids: list[int]


def list_templates(call: Call, query: Templates) -> Json:
    start = read_moment("startDateTime", query.start_date_time)
    end = read_moment("endDateTime", query.end_date_time)
    chosen = [
        each
        for each in call.project.templates
        if (query.template_type is None or each.kind == query.template_type)
        and (query.message_medium is None or each.medium == query.message_medium)
        and (start is None or each.created_at >= start)
        and (end is None or each.created_at < end)
    ]
    found = ordered(chosen, query.sort, _SORTS)
    return _LISTING.page_or_all(call, found, query.page, query.page_size)


def get_by_client_id(call: Call, query: ByClientId) -> Json:
    found = [
        each
        for each in call.project.templates
        if each.client_template_id == query.client_template_id
    ]
    return {"templates": [_entry(each) for each in found]}


def bulk_delete(call: Call, body: Doomed) -> Json:
    deleted: list[int] = []
    failed: list[int] = []
    for number in body.ids:
        template = call.project.templates.find(number)
        if template is None or _is_in_use(call.project, number):
            failed.append(number)
        else:
            call.project.templates.remove(number)
            deleted.append(number)
    answer: dict[str, Json] = {"success": deleted, "failed": failed}
    if failed:
        answer["failureReason"] = "Templates not found, or tied to a campaign"
    return answer


def summarize(template: Template) -> dict[str, Json]:
    """Return what every medium's templates have in common."""
    optional = {
        "campaignId": template.campaign_id,
        "clientTemplateId": template.client_template_id,
    }
    return {
        "templateId": template.id,
        "createdAt": epoch_ms(template.created_at),
        "updatedAt": epoch_ms(template.updated_at),
        "name": template.name,
        "creatorUserId": template.creator,
        "messageTypeId": template.message_type_id,
        **{name: value for name, value in optional.items() if value is not None},
    }


def _entry(template: Template) -> Json:
    entry: dict[str, Json] = {"templateId": template.id, "locales": list(template.contents)}
    if template.campaign_id is not None:
        entry["campaignId"] = template.campaign_id
    return entry


def _is_in_use(project: Project, template_id: int) -> bool:
    return any(campaign.template_id == template_id for campaign in project.campaigns)


_LISTING: Final = Listing("templates", "totalTemplatesCount", summarize, largest=1000, usual=20)

ROUTES: Final = (
    get("/api/templates", list_templates, per_second(100)),
    get("/api/templates/getByClientTemplateId", get_by_client_id, per_second(100)),
    post("/api/templates/bulkDelete", bulk_delete, effect=Effect.DELETE),
)
