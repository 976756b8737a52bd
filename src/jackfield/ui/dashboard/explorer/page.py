"""`/dashboard/explorer`: an account, an action, its inputs, and what a call of it comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from jackfield.accounts.models import Account
from jackfield.actions.saved_calls.models import SavedCall
from jackfield.actions.saved_calls.repo import SavedCalls
from jackfield.connectors.action import ActionInfo
from jackfield.kit.errors import Fault, HubError, InvalidRequest
from jackfield.kit.json import Json, encode, is_object
from jackfield.kit.whole_numbers import whole_number
from jackfield.logs.runs.repo import Runs
from jackfield.projects.models import Project
from jackfield.runtime import Hub
from jackfield.ui.dashboard.command_line import visible_json
from jackfield.ui.dashboard.explorer import calls
from jackfield.ui.dashboard.explorer.calls import Press
from jackfield.ui.dashboard.explorer.choices import (
    AccountChoice,
    ActionChoice,
    Chosen,
    account_choice,
    action_choice,
    chosen_of,
)
from jackfield.ui.dashboard.explorer.controls import NotJson, json_from
from jackfield.ui.dashboard.explorer.fields import (
    InputForm,
    Texts,
    form_of,
    inputs_from,
    shows,
    texts_of,
    with_row,
    without_row,
)
from jackfield.ui.dashboard.explorer.outcome import Outcome, size_words
from jackfield.ui.dashboard.explorer.posted_call import MOST_FIELDS, Posted, read_posted
from jackfield.ui.dashboard.explorer.saved_calls import save_call
from jackfield.ui.dashboard.explorer.snippets import Call, Snippet, snippets_of
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.run_lines import RunLine, duration, run_lines
from jackfield.ui.dashboard.run_timeline import waited
from jackfield.ui.dashboard.sign_in import require_same_project
from jackfield.ui.rendering import hub_of, page

_CANNOT_SHOW: Final = (
    "The form cannot show these inputs as they are, because they have empty or null values, or "
    "names that the action does not declare. Stay with JSON, or take those out."
)
_MAKES_CALL: Final = frozenset({"dry", "run", "next", "sure", "again"})
_SERVER_ERRORS: Final = 500
# Code of more inputs is not for reading, and takes long to write.
_MOST_IN_CODE: Final = 16 * 1024
_NOT_OBJECT: Final = "must be a JSON object of inputs by name"
_LOOK_FIRST: Final = "Look at the provider first, and say that you did."


@dataclass(frozen=True, slots=True)
class RunFacts:
    """How a run went, as the log has it."""

    line: RunLine
    provider_took: str
    waited: str


@dataclass(frozen=True, slots=True)
class CallPart:
    """
    The inputs of a call, and what came of the last press.

    `form` is null while they are written as JSON. A write `is_asked` about before it is made:
    `key` and `fingerprint` go with the second press.
    """

    form: InputForm | None
    json_text: str
    faults: Sequence[Fault]
    notes: Sequence[str]
    snippets: Sequence[Snippet]
    outcome: Outcome | None
    size: str
    facts: RunFacts | None
    is_asked: bool
    is_unknown: bool
    key: str
    fingerprint: str
    # What is to be said beside the name under which it is saved.
    saving: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplorerPage:
    template: ClassVar[str] = "dashboard/explorer.html"

    layout: Layout
    account: Account | None
    action: ActionInfo | None
    # The address without what stands in it by name.
    query: Mapping[str, str]
    problems: Sequence[HubError]
    accounts: AccountChoice | None
    actions: ActionChoice | None
    call: CallPart | None
    saved: SavedCall | None
    saved_calls: Sequence[SavedCall]


@dataclass(frozen=True, slots=True)
class _Inputs:
    """The inputs of a press: as the form's texts, as JSON, and as values, with their faults."""

    values: Mapping[str, Json]
    texts: Texts
    json_text: str
    is_json: bool
    faults: Sequence[Fault] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    """What a press came to."""

    outcome: Outcome | None = None
    is_asked: bool = False
    is_unknown: bool = False
    saving: str = ""
    status: int = 200


async def show_explorer(request: Request, project: Project) -> Response:
    chosen = await chosen_of(request, project)
    if chosen.action is None or not chosen.is_complete:
        return await _choosing(request, project, chosen)
    schema = chosen.action.schema
    is_json = request.query_params.get("view") == "json" or not shows(schema, chosen.inputs)
    inputs = _Inputs(
        chosen.inputs,
        texts_of(schema, chosen.inputs),
        visible_json(chosen.inputs, 2),
        is_json,
        notes=chosen.notes,
    )
    return await _calling(request, project, chosen, inputs, _Said())


async def press(request: Request, project: Project) -> Response:
    """Do what the pressed button says with the inputs of the form."""
    try:
        posted = await read_posted(request)
        require_same_project(project, filter(None, [posted.other("_project")]))
    except HubError as error:
        return refused(request, project, error)
    chosen = await chosen_of(request, project)
    if chosen.account is None or chosen.action is None or not chosen.is_complete:
        return await _choosing(request, project, chosen)
    inputs = _read(chosen.action, posted)
    said = _Said()
    if posted.verb in ("save", "update"):
        if inputs.faults:
            said = _Said(saving="Correct the inputs first.", status=422)
        else:
            try:
                return await save_call(request, project, chosen, posted, inputs.values)
            except HubError as error:
                said = _Said(saving=error.detail, status=error.status)
    elif posted.verb in _MAKES_CALL:
        if inputs.faults:
            said = _Said(status=422)
        else:
            said = await _pressed(request, project, chosen, posted, inputs)
    if said.outcome is not None and said.outcome.failure is not None:
        inputs = replace(inputs, faults=said.outcome.failure.faults)
    return await _calling(request, project, chosen, inputs, said)


def _read(action: ActionInfo, posted: Posted) -> _Inputs:
    """Return the inputs that were posted, changed by the buttons that change them."""
    schema = action.schema
    if posted.other("view") == "json":
        return _read_json(schema, posted)
    texts: Texts = posted.texts
    if posted.verb == "more":
        texts = with_row(texts, posted.target)
    elif posted.verb == "less":
        texts = without_row(texts, posted.target)
    values, faults = inputs_from(schema, texts)
    if posted.verb == "json" and not faults:
        return _Inputs(values, {}, visible_json(values, 2), is_json=True)
    return _Inputs(values, texts, "", is_json=False, faults=faults)


def _read_json(schema: Mapping[str, Json], posted: Posted) -> _Inputs:
    text = posted.other("json")
    try:
        values = json_from(text.strip() or "{}")
    except NotJson as error:
        return _Inputs({}, {}, text, is_json=True, faults=[Fault("inputs", str(error))])
    if not is_object(values):
        return _Inputs({}, {}, text, is_json=True, faults=[Fault("inputs", _NOT_OBJECT)])
    if posted.verb == "form":
        if shows(schema, values):
            return _Inputs(values, texts_of(schema, values), "", is_json=False)
        return _Inputs(values, {}, text, is_json=True, notes=[_CANNOT_SHOW])
    return _Inputs(values, {}, text, is_json=True)


async def _pressed(
    request: Request, project: Project, chosen: Chosen, posted: Posted, inputs: _Inputs
) -> _Said:
    """Run an action, or do so dry; what may change something is asked about first."""
    assert chosen.action is not None
    assert chosen.account is not None
    cursor = posted.other("cursor") or None
    pressed = Press(
        chosen.action,
        chosen.account.id,
        {**inputs.values},
        cursor=cursor if posted.verb == "next" else None,
        key=posted.other("key"),
        is_checked=posted.verb == "again",
    )
    if posted.verb == "dry":
        return _told(await calls.dry_run(request, project, pressed))
    if chosen.action.only_reads:
        return _told(await calls.run(request, project, pressed))
    is_same = posted.other("fingerprint") == pressed.fingerprint
    if posted.verb == "again" and is_same and posted.other("checked") != "yes":
        unchecked = calls.failed_outcome(InvalidRequest(_LOOK_FIRST))
        return _Said(unchecked, is_unknown=True, status=422)
    if posted.verb in ("sure", "again") and is_same and pressed.key:
        outcome = await calls.run(request, project, pressed)
        return replace(_told(outcome), is_unknown=calls.is_unknown(outcome))
    outcome = await calls.dry_run(request, project, pressed)
    return replace(_told(outcome), is_asked=outcome.failure is None)


def _told(outcome: Outcome) -> _Said:
    """Return what a call came to; that a provider failed is no failure of the page."""
    status = 200 if outcome.failure is None else outcome.failure.status
    return _Said(outcome, status=status if status < _SERVER_ERRORS else 200)


async def _choosing(request: Request, project: Project, chosen: Chosen) -> Response:
    """Show the page on which an account and an action are chosen."""
    hub, asked = hub_of(request), request.query_params
    is_wrong = bool(chosen.problems)
    accounts = actions = None
    if chosen.account is None or is_wrong:
        accounts = await account_choice(hub, project, asked.get("find", ""), chosen.action)
    if chosen.account is not None or asked.get("q"):
        actions = await action_choice(hub, asked.get("q", ""), chosen.account)
    return page(
        request,
        ExplorerPage(
            layout=Layout.of(request, project),
            account=chosen.account,
            action=chosen.action,
            query=_query(chosen),
            problems=chosen.problems,
            accounts=accounts,
            actions=actions,
            call=None,
            saved=None,
            saved_calls=await _saved_calls(hub, project),
        ),
        status=chosen.problems[0].status if is_wrong else 200,
    )


async def _calling(
    request: Request, project: Project, chosen: Chosen, inputs: _Inputs, said: _Said
) -> Response:
    """Show the page with the inputs of the call and the outcome of the last press."""
    hub, action, account = hub_of(request), chosen.action, chosen.account
    assert action is not None
    assert account is not None
    outcome = said.outcome
    fingerprint = Press(action, account.id, {**inputs.values}).fingerprint
    schema, locations = action.schema, action.compiled.locations
    left_out = whole_number(request.query_params.get("left_out", ""), most=MOST_FIELDS)
    part = CallPart(
        form=None if inputs.is_json else form_of(schema, locations, inputs.texts, inputs.faults),
        json_text=inputs.json_text,
        faults=inputs.faults,
        notes=[
            *inputs.notes,
            *(
                [f"Left out of what was saved, because it is secret: {left_out}."]
                if left_out
                else ()
            ),
        ],
        snippets=_snippets(hub, action, account, inputs.values),
        outcome=outcome,
        size="" if outcome is None or not outcome.size else size_words(outcome.size),
        facts=await _facts(hub, project, outcome),
        is_asked=said.is_asked,
        is_unknown=said.is_unknown,
        key=token_hex(16),
        fingerprint=fingerprint,
        saving=said.saving,
        name="" if chosen.saved is None else chosen.saved.name,
    )
    return page(
        request,
        ExplorerPage(
            layout=Layout.of(request, project),
            account=account,
            action=action,
            query=_query(chosen),
            problems=(),
            accounts=None,
            actions=None,
            call=part,
            saved=chosen.saved,
            saved_calls=(),
        ),
        status=said.status,
    )


def _snippets(
    hub: Hub, action: ActionInfo, account: Account, inputs: Mapping[str, Json]
) -> tuple[Snippet, ...]:
    if len(encode(inputs)) > _MOST_IN_CODE:
        return ()
    return snippets_of(Call(hub.public_url, action.compiled, account.id, inputs))


def _query(chosen: Chosen) -> dict[str, str]:
    """Return the parameters of the address that say what is chosen."""
    query = {} if chosen.account is None else {"account": str(chosen.account.id)}
    if chosen.action is not None:
        query["action"] = chosen.action.id
    if chosen.saved is not None:
        query["saved"] = str(chosen.saved.id)
    return query


async def _saved_calls(hub: Hub, project: Project) -> list[SavedCall]:
    async with hub.db.read(project.id) as tx:
        return await SavedCalls(tx).all()


async def _facts(hub: Hub, project: Project, outcome: Outcome | None) -> RunFacts | None:
    if outcome is None or not outcome.request_id:
        return None
    try:
        async with hub.db.read(project.id) as tx:
            run = await Runs(tx).get(outcome.request_id)
    except HubError:
        # What failed before it was a run has no entry in the log.
        return None
    (line,) = await run_lines(hub, project.id, [run], query="")
    took = sum(each.duration_ms for step in run.steps for each in step.exchanges)
    waits = waited(run)
    return RunFacts(line, duration(took), duration(waits) if waits >= 1 else "")
