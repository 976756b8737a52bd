"""What a request is signed with is shown to the provider alone, wherever in the request it goes."""

import base64
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.api.test_echoes import ACME, SECRET, everything, stored
from tests.support.running import HubWith
from tests.support.scripted import Seen, reply, scripted
from tests.support.secret_forms import is_told

pytestmark = pytest.mark.anyio

PLACE = "$.credentials"
KEY = f"{PLACE}.key"
SIGN = {"strategy": "template", "text": "${request.joined}${signing.nonce}", "key": KEY}
NONCE = {"name": "X-Nonce", "value": "$.signing.nonce"}
WAYS = {
    "cookie": {"type": "apiKey", "in": "cookie", "name": "k", "value": KEY},
    "body": {"type": "apiKey", "in": "body", "name": "k", "value": KEY},
    "hmac": {"type": "none", "signing": {"strategy": "hmac", "headerName": "X-Proof"}},
    "header": {"type": "none", "signing": {**SIGN, "name": "X-Proof", "also": [NONCE]}},
    "query": {"type": "none", "signing": {**SIGN, "in": "query", "name": "proof"}},
    "field": {"type": "none", "signing": {**SIGN, "in": "body", "name": "proof"}},
    "wsse": {"type": "none", "signing": {"strategy": "wsse", "username": "u", "password": KEY}},
    "oauth1": {
        "type": "none",
        "signing": {"strategy": "oauth1", "consumerKey": "c", "consumerSecret": KEY},
    },
    "plaintext": {
        "type": "none",
        "signing": {
            "strategy": "oauth1",
            "signatureMethod": "PLAINTEXT",
            "consumerKey": "c",
            "consumerSecret": KEY,
        },
    },
}


def proofs(seen: Seen) -> list[str]:
    """Return what a request was signed with, as the provider finds it."""
    found = [seen.headers.get("x-proof", "").rpartition(" ")[2]]
    found.append(seen.headers.get("x-wsse", "").partition('Digest="')[2].partition('"')[0])
    signature = seen.headers.get("authorization", "").partition('oauth_signature="')[2]
    found.append(unquote(signature.partition('"')[0]))
    found.append(seen.line.partition("proof=")[2].partition(" ")[0])
    if b"proof" in seen.body:
        found.append(json.loads(seen.body)["proof"])
    return [each for each in found if each]


@pytest.mark.parametrize("way", WAYS)
async def test_neither_the_secret_nor_what_is_made_of_it_is_told(
    way: str, data_dir: Path, log_lines: io.StringIO, hub_with: HubWith
) -> None:
    async def answer(writer: Any, seen: Seen) -> None:
        headers = [value.encode("latin-1").decode() for value in seen.headers.values()]
        shown = [seen.line, *headers, seen.body.decode()]
        await reply(json.dumps([{"echo": each} for each in (*shown, *proofs(seen))]))(writer, seen)

    written = "{type: apiKey, in: query, name: k, value: $.credentials.key}"
    async with scripted(answer) as server:
        text = ACME.format(url=server.url).replace(written, json.dumps(WAYS[way]))
        text = text.replace("{key: key,", "{key: secretKey,").replace(KEY, f"{PLACE}.secretKey")
        async with hub_with({"acme": text}) as hub:
            await hub.api.patch("/jackfield/project", json={"advanced_logs": True})
            account = await hub.link_to("acme", {"secretKey": SECRET})
            told = await everything(hub, account, "echo")

    told |= {"log": log_lines.getvalue(), "database": stored(data_dir)}
    made = {proof for seen in server.seen for proof in proofs(seen)}
    assert bool(made) == (
        way in ("hmac", "header", "query", "field", "wsse", "oauth1", "plaintext")
    )
    assert '"dry_run"' in told["dry run"]
    assert "[redacted]" in told["run"]
    for secret in (SECRET, *made):
        assert {
            name: found for name, text in told.items() if (found := is_told(secret, text))
        } == {}


async def test_a_dry_run_shows_where_a_signature_goes_and_not_the_signature(
    hub_with: HubWith,
) -> None:
    async with scripted(reply("{}")) as server:
        text = ACME.format(url=server.url).replace(
            "{type: apiKey, in: query, name: k, value: $.credentials.key}",
            json.dumps(WAYS["query"]),
        )
        async with hub_with({"acme": text}) as hub:
            account = await hub.link_to("acme", {"key": SECRET})
            headers = {"x-account-id": account}
            rpc = {"action": "acme_echo"}
            shown = await hub.api.post("/actions/rpc?dry_run=true", headers=headers, json=rpc)

    assert server.seen == []
    (request,) = shown.json()["data"]["requests"]
    assert request["url"].endswith("/echo?proof=[redacted]")
    assert base64.b64encode(SECRET.encode()).decode() not in shown.text
