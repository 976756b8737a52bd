"""
The step function `paginated_request`.

`page_size` caps the rows given back, not those asked for, so a page may be cut in its middle. Where
a run stops is told as the provider's cursor and a position in its page; both come back to go on.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from msgspec.structs import replace

from jackfield.engine.document_reader import require_known, take_object
from jackfield.engine.errors import InvalidStep, missing_field
from jackfield.engine.exchange.perform import Exchange, perform
from jackfield.engine.exchange.remap import compile_custom_errors
from jackfield.engine.expressions import strict_values
from jackfield.engine.reply import Reply
from jackfield.engine.run import Position, Run, StepResult, compute
from jackfield.engine.schema.kinds import Choice, Number, Text
from jackfield.engine.schema.requests import DATA_KEY, INDEX_FIELD, NEXT_KEY, PAGINATED_ARG, TEXT
from jackfield.engine.schema.structures import Entry, ListOf, Record, Unknown
from jackfield.engine.steps.arguments import Draft
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.kind import StepKind
from jackfield.engine.steps.page_iterator import Paging, compile_paging
from jackfield.engine.steps.pager import Pager
from jackfield.engine.steps.request import REQUEST_PARAMETERS
from jackfield.engine.steps.request_template import RequestTemplate, compile_request_template
from jackfield.engine.wire.url import normalize, origin_of, without_parameters
from jackfield.kit.json import Json, as_object, is_list, is_object

PAGINATED_PARAMETERS: Final = Record(
    "PaginatedRequestParameters",
    {
        **{
            name: entry
            for name, entry in REQUEST_PARAMETERS.entries.items()
            if name not in {"response", "certificates", "saml"}
        },
        "cacheTTL": Entry(Number(minimum=0), "Without effect; kept for other engines."),
        "args": Entry(ListOf(PAGINATED_ARG), "What is sent in query, body and headers."),
        "response": Entry(
            Record(
                "PaginatedResponse",
                {
                    "dataKey": DATA_KEY,
                    "indexField": INDEX_FIELD,
                    "nextKey": NEXT_KEY,
                    "nextKeyIn": Entry(
                        Choice(("data", "headers")), "Where `nextKey` looks.", default="data"
                    ),
                },
                unknown=Unknown.REFUSED,
            ),
            "Where the rows and the next cursor are.",
        ),
        "iterator": Entry(
            Record(
                "Iterator",
                {
                    "key": Entry(
                        TEXT,
                        "The parameter the cursor is sent in; all modes but `url` and `link` need it. "
                        "In the body of strict mode it may be a path, such as `requests[0].from`.",
                    ),
                    "in": Entry(
                        Choice(("query", "body")), "Where that parameter goes; needed with `key`."
                    ),
                    "mode": Entry(
                        Choice(("cursor", "offset", "page", "url", "link")),
                        "How pages are asked for; `url` and `link` follow the address the "
                        "provider gives in the body or in its `Link` header, in strict mode.",
                        default="cursor",
                    ),
                    "condition": Entry(Text(), "Go on only while this holds for the response."),
                    "startPage": Entry(
                        Number(minimum=0, integer=True),
                        "With `mode: page`, the first page's number.",
                        default=1,
                    ),
                    "maxPage": Entry(
                        Number(minimum=1, maximum=10_000, integer=True),
                        "With `mode: page`: fail rather than ask for more pages than this.",
                        default=1000,
                    ),
                },
                unknown=Unknown.REFUSED,
            ),
            "How one page leads to the next.",
            required=True,
        ),
        "cursor": Entry(
            Record(
                "CursorParameters",
                {
                    "token": Entry(Text(), "Where to go on."),
                    "position": Entry(
                        Number(integer=True), "How many rows of that page to leave out."
                    ),
                },
            ),
            "Where to begin; the caller's cursor when left out.",
        ),
    },
    doc="Requests page after page, until there are enough rows.",
)
_KEYS: Final = PAGINATED_PARAMETERS.entries.keys() | {"authentication"}


def compile_paginated_request(params: Mapping[str, Json], context: CompileContext) -> StepFunction:
    """
    Compile a `paginated_request` step.

    Raises:
        InvalidStep, InvalidExpression: the parameters are malformed.
    """
    if context.mode == "strict":
        require_known(params, _KEYS)
    paging = compile_paging(params, context.mode)
    if "baseUrl" not in params and context.base_url is None:
        raise missing_field(path="baseUrl")
    template = compile_request_template(params, context)
    if any(argument.inline for argument in template.arguments):
        msg = "Unknown field 'args.inline': a paginated request has no raw body"
        raise InvalidStep(msg)
    exchange = Exchange(compile_custom_errors(params.get("customErrors"), context.mode))
    start = position_of(params.get("cursor", {}))

    async def run_pages(run: Run) -> StepResult:
        if run.mode == "compat" and template.find_authorization(run).sign is not None:
            msg = "A paginated request cannot be signed"
            raise InvalidStep(msg)

        async def fetch(run: Run, token: Json, offset: int) -> Reply:
            return await _fetch(run, token, offset, template, paging, exchange)

        return await Pager(paging, run, fetch).collect(run.resume.get(run.step_index, start))

    return run_pages


def position_of(document: Json) -> Position:
    """Return the start position in a step's own `cursor`."""
    cursor = take_object(document, "cursor")
    token, offset = cursor.get("token"), cursor.get("position")
    if token is not None and not isinstance(token, str):
        msg = "The field 'cursor.token' must be a text"
        raise InvalidStep(msg)
    if offset is not None and not isinstance(offset, int):
        msg = "The field 'cursor.position' must be a number"
        raise InvalidStep(msg)
    return Position(token, offset)


async def _fetch(
    run: Run,
    token: Json,
    offset: int,
    template: RequestTemplate,
    paging: Paging,
    exchange: Exchange,
) -> Reply:
    draft = await compute(run, partial(template.draft, run))
    if paging.mode in ("url", "link"):
        if token is not None:
            draft.query.values.clear()
        request = await compute(run, partial(template.finish, run, draft))
        if token is not None:
            authorization = template.find_authorization(run)
            own = authorization.query(run.scope) if authorization.query is not None else ()
            following = without_parameters(str(token), [name for name, _ in own])
            url = origin_of(request.url) + following
            added = request.url.partition("?")[2]
            separator = "&" if "?" in url else "?"
            # The provider may have written blanks and the like as they are.
            request = replace(request, url=normalize(f"{url}{separator}{added}" if added else url))
        return await perform(run, request, exchange)
    _set_cursor(draft, token, offset, paging, strict_values.in_mode(run.mode))
    request = await compute(run, partial(template.finish, run, draft))
    return await perform(run, request, exchange)


def _set_cursor(
    draft: Draft, token: Json, offset: int, paging: Paging, to_text: Callable[[Json], str]
) -> None:
    if token is None and paging.mode == "offset":
        token = offset
    if token is None:
        return
    if paging.location == "query":
        pairs = (
            {f"{paging.key}[{key}]": value for key, value in token.items()}
            if is_object(token)
            else {paging.key: token}
        )
        for name, value in pairs.items():
            draft.query.values[name] = to_text(value)
    elif draft.body is None or is_object(draft.body):
        draft.body = _placed(draft.body, paging.path, token)


def _placed(value: Json, path: Sequence[str | int], token: Json) -> Json:
    """Return a copy of a body with the cursor at a path, which is made as far as it is missing."""
    if not path:
        return token
    step, *rest = path
    if isinstance(step, str):
        members = as_object(value)
        return {**members, step: _placed(members.get(step), rest, token)}
    rows = [*value] if is_list(value) else []
    rows += [None] * (step + 1 - len(rows))
    rows[step] = _placed(rows[step], rest, token)
    return rows


PAGINATED_REQUEST: Final = StepKind(
    "paginated_request",
    PAGINATED_PARAMETERS,
    {"1": compile_paginated_request},
    is_request=True,
    is_paged=True,
)
