"""Saved calls of the Explorer: save, change, rename, delete."""

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.actions.saved_calls import service as saved_calls
from jackfield.actions.saved_calls.models import CallDraft
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json
from jackfield.projects.models import Project
from jackfield.ui.dashboard.explorer.choices import Chosen
from jackfield.ui.dashboard.explorer.posted_call import Posted
from jackfield.ui.dashboard.layout import refused
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of


async def save_call(
    request: Request, project: Project, chosen: Chosen, posted: Posted, inputs: Mapping[str, Json]
) -> Response:
    """
    Save the call of the form, and lead to its page, which says how many secrets were left out.

    Raises:
        InvalidSavedCall: its name or its inputs have the wrong size.
        TooManySavedCalls: the project has as many as it may.
        SavedCallNotFound: the one to be changed was deleted meanwhile.
    """
    hub, actor = hub_of(request), actor_of(request)
    assert chosen.account is not None
    assert chosen.action is not None
    kept, left_out = await saved_calls.without_secrets(
        hub, project.id, inputs, account_id=chosen.account.id
    )
    account_id = chosen.account.id if posted.other("with_account") == "yes" else None
    draft = CallDraft(posted.other("name"), chosen.action.id, account_id, kept)
    async with hub.db.write(project.id, actor) as tx:
        if posted.verb == "update" and chosen.saved is not None:
            call = await saved_calls.change(tx, chosen.saved.id, draft)
        else:
            call = await saved_calls.save(tx, draft)
    query = {"saved": call.id, "account": chosen.account.id, "left_out": len(left_out)}
    where = urlencode({name: each for name, each in query.items() if each})
    return RedirectResponse(f"{base_path(hub)}/dashboard/explorer?{where}", 303)


async def change_call(request: Request, project: Project) -> Response:
    """Rename or delete a saved call."""
    hub, actor, call_id = hub_of(request), actor_of(request), request.path_params["call_id"]
    form = (await read_form(request)).fields()
    try:
        async with hub.db.write(project.id, actor) as tx:
            if request.path_params["verb"] == "rename":
                await saved_calls.rename(tx, call_id, form.get("name", ""))
            elif request.path_params["verb"] == "delete":
                await saved_calls.delete(tx, call_id)
    except HubError as error:
        return refused(request, project, error)
    return RedirectResponse(f"{base_path(hub)}/dashboard/explorer#saved", 303)
