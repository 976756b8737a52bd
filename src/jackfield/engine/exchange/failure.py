"""Errors raised for failed provider responses."""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from jackfield.engine.compat import Mode
from jackfield.engine.reply import Reply
from jackfield.engine.run import Run, StepResult
from jackfield.engine.wire.charset import text_of
from jackfield.engine.wire.formats import is_html, title_of
from jackfield.engine.wire.provider_words import LONGEST_SAID, published_words, said_in, text_in
from jackfield.engine.wire.url import path_and_query
from jackfield.kit.errors import (
    HubError,
    ProviderAnswer,
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnauthorized,
    ProviderUnavailable,
    UnreadableAnswer,
)
from jackfield.kit.json import Json, is_object, whole_characters
from jackfield.kit.redaction import Redactor

_HARMLESS_HEADERS: Final = frozenset(
    {
        "content-type", "date", "retry-after", "request-id", "x-request-id", "x-correlation-id",
        "x-amzn-requestid", "cf-ray", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset",
        "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset",
    }
)  # fmt: skip
# As much is shown of an answer that is an error: it is looked at from all sides.
LARGEST_SHOWN: Final = 256 * 1024
_SHORTEST_CREDENTIAL: Final = 6
# The message of a failure for which the provider gave none; the status follows.
DEFAULT_MESSAGE: Final = "HTTP error: "
_CREDENTIAL_REFUSED: Final = frozenset({401, 403})
_SERVER_ERRORS: Final = 500


def fail(reply: Reply, run: Run) -> StepResult:
    """Return the failed result of a step whose response is an error."""
    message = message_of(reply, run.mode)
    output: dict[str, Json] = {
        "statusCode": reply.status,
        "message": message,
        "data": reply.data,
        "raw": raw_of(reply),
    }
    failure = error_of(reply, message, run)
    shown = reply.message or message
    errors = ({"name": type(failure).__name__, "message": shown},)
    return StepResult(False, output, errors, failure)


def fail_with(error: HubError, status: int | None = None) -> StepResult:
    """Return the failed result of a step without a usable response."""
    output: dict[str, Json] = {"statusCode": status or 500, "message": error.detail}
    errors = ({"name": type(error).__name__, "message": error.detail},)
    return StepResult(False, output, errors, error)


def refuse_success(
    reply: Reply, run: Run, message: str, kind: type[ProviderError] = UnreadableAnswer
) -> ProviderError:
    """Return the error for a response that only looks like a success, with what it says."""
    said = said_in(reply.data)
    words = f": {_redactor(run).text(said)}" if said else ""
    return kind(f"{message}{words}", answer=answer_of(reply, run), step=run.step_id)


def raw_of(reply: Reply) -> dict[str, Json]:
    return {
        "status": reply.response.status,
        "headers": dict(reply.response.headers),
        "data": reply.data,
        "requestUrl": reply.url,
    }


def message_of(reply: Reply, mode: Mode) -> str:
    """
    Choose the message: the provider's before the connector's; in strict mode the other way round.

    In strict mode the message of an HTML page is its title.
    """
    if mode == "strict" and reply.message:
        return reply.message
    body = reply.data
    kind: object = body.__class__
    own = text_in(body, "message") if kind is dict else None
    if mode == "strict" and kind is str and is_html(reply.response):
        chosen = title_of(reply.response)
    else:
        chosen = own or reply.message or published_words(body)
    if not chosen and mode == "strict" and is_object(body):
        chosen = said_in(body)
    if not chosen:
        chosen = f"{DEFAULT_MESSAGE}{reply.response.status}"
    return whole_characters(chosen[:LONGEST_SAID])


def error_of(reply: Reply, message: str, run: Run) -> ProviderError:
    error = _error_class(reply.status)(
        _redactor(run).text(message),
        answer=answer_of(reply, run),
        retry_after=run.wait_told(reply.response),
        faults=reply.faults,
        step=run.step_id,
    )
    # A connector that names the field has looked; any other status may be about anything.
    error.blames_credential = reply.status in _CREDENTIAL_REFUSED or bool(reply.faults)
    return error


def answer_of(reply: Reply, run: Run) -> ProviderAnswer:
    """Return the provider's response without the account's secrets."""
    if reply.shown is not None:
        return reply.shown
    redactor = _redactor(run)
    return ProviderAnswer(
        status=reply.response.status,
        url=redactor.url(path_and_query(reply.url)),
        raw=redactor.value(_shown(reply)),
        headers=_harmless(reply.response.headers, redactor),
    )


def _shown(reply: Reply) -> Json:
    """Return the data of an answer, or the beginning of one that is larger than is looked at."""
    response = reply.response
    if len(response.body) <= LARGEST_SHOWN:
        return reply.data
    return text_of(replace(response, body=response.body[:LARGEST_SHOWN]))


def _redactor(run: Run) -> Redactor:
    # Which of them are secret, the engine does not know: words like "prod" are not taken out.
    values = run.context.credentials.values()
    return Redactor(value for value in values if len(value) >= _SHORTEST_CREDENTIAL)


def _error_class(status: int) -> type[ProviderError]:
    match status:
        case 401:
            return ProviderUnauthorized
        case 429:
            return ProviderRateLimited
        case 501 | 505:
            # The server does not do this, and will not do it later.
            return ProviderRejected
        case _:
            return ProviderUnavailable if status >= _SERVER_ERRORS else ProviderRejected


def _harmless(headers: Mapping[str, str], redactor: Redactor) -> dict[str, str]:
    return {
        name: redactor.text(value) for name, value in headers.items() if name in _HARMLESS_HEADERS
    }
