"""What another agent does with the published `a2a-sdk`; prints what came of it as JSON."""

import asyncio
import json
import os
import sys
from uuid import uuid4

import httpx
from a2a.client import A2ACardResolver, Client, ClientConfig, ClientFactory
from a2a.client.errors import A2AClientHTTPError, A2AClientJSONRPCError
from a2a.client.helpers import create_text_message_object
from a2a.types import DataPart, Message, Part, Role, TaskIdParams, TaskQueryParams


def order(action: str, **inputs: object) -> Message:
    part = DataPart(data={"action": action, **inputs})
    return Message(role=Role.user, parts=[Part(part)], message_id=str(uuid4()))


async def sent(client: Client, message: Message) -> list[dict]:
    """Send a message, and return everything that came back: a task and its update each time."""
    return [
        event.model_dump(mode="json", exclude_none=True)
        if isinstance(event, Message)
        else [part and part.model_dump(mode="json", exclude_none=True) for part in event]
        async for event in client.send_message(message)
    ]


async def refusal(asking: object) -> dict:
    try:
        await asking
    except A2AClientHTTPError as error:
        return {"status": error.status_code}
    except A2AClientJSONRPCError as error:
        return {"code": error.error.code}
    return {}


async def main(url: str, account: str) -> None:
    key = os.environ["JACKFIELD_API_KEY"]
    headers = {"x-account-id": account}
    async with (
        httpx.AsyncClient(timeout=60) as stranger,
        httpx.AsyncClient(auth=(key, ""), headers=headers, timeout=60) as http,
    ):
        card = await A2ACardResolver(stranger, url).get_agent_card()
        waiting = ClientFactory(ClientConfig(httpx_client=http, streaming=False)).create(card)
        following = ClientFactory(ClientConfig(httpx_client=http, streaming=True)).create(card)
        nobody = ClientFactory(ClientConfig(httpx_client=stranger, streaming=False)).create(card)
        over_http = await A2ACardResolver(
            http, url, "/agent/authenticatedExtendedCard"
        ).get_agent_card()
        extended = await waiting.get_card()
        size = {"path": {"listId": 999_999}}
        print(
            json.dumps(
                {
                    "card": card.model_dump(mode="json", exclude_none=True),
                    "extended": {
                        "name": extended.name,
                        "icon": extended.icon_url,
                        "skills": [skill.id for skill in extended.skills],
                        "is_the_same_over_http": over_http == extended,
                    },
                    "sent": await sent(waiting, order("iterable_list_channels")),
                    "streamed": await sent(following, order("iterable_list_channels")),
                    "failed": await sent(waiting, order("iterable_get_list_size", **size)),
                    "stream_failed": await sent(following, order("iterable_get_list_size", **size)),
                    "found": await sent(
                        waiting, create_text_message_object(content="how big is a list")
                    ),
                    "stream_found": await sent(
                        following, create_text_message_object(content="how big is a list")
                    ),
                    "gone": await refusal(waiting.get_task(TaskQueryParams(id="t-1"))),
                    "uncancelled": await refusal(waiting.cancel_task(TaskIdParams(id="t-1"))),
                    "stranger": await refusal(sent(nobody, order("iterable_list_channels"))),
                }
            )
        )


asyncio.run(main(*sys.argv[1:]))
