"""`/api/lists`."""

from http import HTTPStatus
from itertools import islice
from typing import Final

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import per_minute, per_second
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import Refusal, bad_params, refusal
from jackfield.sandbox.iterable.state.campaigns import CampaignState
from jackfield.sandbox.iterable.state.lists import ListKind, MemberList
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.state.users import User
from jackfield.sandbox.iterable.times import epoch_ms
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import delete, get, post
from jackfield.sandbox.replies import Reply, text_reply

_LARGEST_PREVIEW: Final = 5000


class NewList(Struct):
    name: str
    description: str | None = None


class Whole(Struct, rename="camel"):
    list_id: int
    prefer_user_id: bool = False


class Preview(Struct, rename="camel"):
    list_id: int
    prefer_user_id: bool = False
    size: int = 1000


def list_lists(call: Call) -> Json:
    return {"lists": [_show(each) for each in call.project.lists]}


def create_list(call: Call, body: NewList) -> Json:
    if not body.name.strip():
        msg = "List name cannot be empty"
        raise bad_params(msg)
    project = call.project
    made = MemberList(
        project.lists.take_number(),
        body.name,
        ListKind.STANDARD,
        project.now,
        description=body.description,
    )
    project.defer(lambda _now: project.lists.put(made.id, made))
    return {"listId": made.id}


def get_users(call: Call, query: Whole) -> Reply:
    group = _require_readable(call.project, query.list_id)
    return _names(list(group.members), prefer_user_id=query.prefer_user_id)


def preview_users(call: Call, query: Preview) -> Reply:
    if not 1 <= query.size <= _LARGEST_PREVIEW:
        msg = f"Invalid size: {query.size}, must be between 1 and {_LARGEST_PREVIEW}"
        raise bad_params(msg)
    group = _require_readable(call.project, query.list_id)
    return _names(list(islice(group.members, query.size)), prefer_user_id=query.prefer_user_id)


def get_size(call: Call, list_id: int) -> Reply:
    group = _require_readable(call.project, list_id)
    return text_reply(str(len(group.members)))


def delete_list(call: Call, list_id: int) -> Json:
    project = call.project
    group = project.lists.find(list_id)
    if group is None:
        msg = f"No list with id {list_id} exists"
        raise bad_params(msg)
    if _is_in_use(project, list_id):
        raise refusal(HTTPStatus.CONFLICT, "GenericError", f"List {list_id} is used by a campaign")
    for user in group.members:
        user.fields["emailListIds"] = [
            number for number in user.fields.get("emailListIds", ()) if number != list_id
        ]
    project.lists.remove(list_id)
    return success()


def require_list(project: Project, list_id: int) -> MemberList:
    """
    Find a list that is to be written to.

    Raises:
        Refusal: there is none; its code is the provider's own slip, so only the status tells.
    """
    group = project.lists.find(list_id)
    if group is None:
        raise refusal(HTTPStatus.BAD_REQUEST, "Success", f"error.lists.invalidListId({list_id})")
    return group


def _require_readable(project: Project, list_id: int) -> MemberList:
    group = project.lists.find(list_id)
    if group is None:
        raise _unreadable(list_id)
    return group


def _unreadable(list_id: int) -> Refusal:
    return bad_params("Invalid email list id", {"listId": str(list_id)})


def _is_in_use(project: Project, list_id: int) -> bool:
    under_way = {CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.RECURRING}
    return any(
        campaign.state in under_way
        and list_id in (*campaign.list_ids, *campaign.suppression_list_ids)
        for campaign in project.campaigns
    )


def _names(users: list[User], *, prefer_user_id: bool) -> Reply:
    names = [(prefer_user_id and user.user_id) or user.name for user in users]
    return text_reply("".join(f"{name}\n" for name in names))


def _show(group: MemberList) -> Json:
    shown: dict[str, Json] = {
        "id": group.id,
        "name": group.name,
        "createdAt": epoch_ms(group.created_at),
        "listType": group.kind,
    }
    if group.description is not None:
        shown["description"] = group.description
    if group.kind is ListKind.SUPPRESSION:
        shown["isGlobalSuppressionEnabled"] = group.suppresses_globally
    return shown


ROUTES: Final = (
    get("/api/lists", list_lists, per_second(100)),
    post("/api/lists", create_list),
    get("/api/lists/getUsers", get_users, per_minute(5)),
    get("/api/lists/previewUsers", preview_users, per_minute(5)),
    get("/api/lists/{listId}/size", get_size, per_minute(5)),
    delete("/api/lists/{listId}", delete_list),
)
