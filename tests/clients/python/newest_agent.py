"""What another agent does with the newest `a2a-sdk`; prints what came of it as JSON."""

import asyncio
import json
import os
import sys

import httpx
from a2a.client import A2ACardResolver, Client, ClientConfig, ClientFactory
from a2a.helpers.proto_helpers import new_data_message, new_text_message
from a2a.types.a2a_pb2 import GetExtendedAgentCardRequest, Message, Role, SendMessageRequest
from google.protobuf.json_format import MessageToDict


async def sent(client: Client, message: Message) -> list[dict]:
    wanted = SendMessageRequest(message=message)
    return [MessageToDict(event) async for event in client.send_message(wanted)]


async def main(url: str, account: str) -> None:
    headers = {"x-account-id": account}
    auth = (os.environ["JACKFIELD_API_KEY"], "")
    lists = new_data_message({"action": "iterable_list_lists"}, role=Role.ROLE_USER)
    question = new_text_message("how big is a list", role=Role.ROLE_USER)
    async with httpx.AsyncClient(auth=auth, headers=headers, timeout=60) as http:
        card = await A2ACardResolver(http, url).get_agent_card()
        waiting = ClientFactory(ClientConfig(httpx_client=http, streaming=False)).create(card)
        following = ClientFactory(ClientConfig(httpx_client=http, streaming=True)).create(card)
        extended = await waiting.get_extended_agent_card(GetExtendedAgentCardRequest())
        (listed,) = await sent(waiting, lists)
        (first, *_) = listed["task"]["artifacts"][0]["parts"][0]["data"]["data"]
        # It knows no whole numbers: this one goes out with a point in it.
        order = {"action": "iterable_get_list_size", "path": {"listId": first["id"]}}
        print(
            json.dumps(
                {
                    "skills": [skill.id for skill in extended.skills],
                    "sent": await sent(waiting, new_data_message(order, role=Role.ROLE_USER)),
                    "streamed": await sent(following, lists),
                    "found": await sent(waiting, question),
                }
            )
        )


asyncio.run(main(*sys.argv[1:]))
