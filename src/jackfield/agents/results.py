"""Result and error bodies of tool calls, the same for every agent protocol."""

from typing import Final

from jackfield.actions.files import service as files
from jackfield.engine.run_context import ActionResult
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError, ProviderError, RateLimited
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json, encode
from jackfield.runtime import Hub

_MOST_RAW: Final = 8000


def refusal(error: HubError) -> dict[str, Json]:
    """Return the error body for an agent."""
    body: dict[str, Json] = {
        "statusCode": error.status,
        "code": error.code,
        "message": error.detail,
    }
    if error.faults:
        body["faults"] = [{"path": fault.path, "message": fault.message} for fault in error.faults]
    if isinstance(error, ProviderError | RateLimited) and error.retry_after is not None:
        body["retry_after"] = max(1, round(error.retry_after))
    if isinstance(error, ProviderError) and error.answer is not None:
        body["provider_errors"] = [
            {
                "status": error.answer.status,
                "url": error.answer.url,
                "raw": _beginning(error.answer.raw),
                "headers": error.answer.headers,
            }
        ]
    return body


def _beginning(raw: Json) -> Json:
    """Return what a model can use of a provider's words: a page of an error fills its memory."""
    text = raw if isinstance(raw, str) else encode(raw).decode()
    return raw if len(text) <= _MOST_RAW else f"{text[:_MOST_RAW]}…"


async def result(
    hub: Hub, project_id: ProjectId, actor: Actor, outcome: ActionResult
) -> dict[str, Json]:
    """
    Return the output of an action; a file as a link to it.

    Raises:
        FileNotLinkable: the project has too many bytes of linked files already.
    """
    if outcome.file is not None:
        try:
            link = await files.link(hub, project_id, actor, outcome.file)
        except HubError as error:
            error.may_have_written = outcome.may_have_written
            raise
        return {
            "download_url": link.url,
            "expires_at": link.expires_at,
            "file": {
                "name": link.file.name or "file",
                "content_type": link.file.content_type,
                "content_length": len(link.file.content),
            },
        }
    body: dict[str, Json] = {**outcome.extra, "data": outcome.data, "next": outcome.next}
    if outcome.warnings:
        body["warnings"] = outcome.warnings
    return body
