"""`@stackone/stackone-client-ts` from npm, unmodified."""

import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import FOLDER, Run, Served
from tests.support.node import node
from tests.support.running import US

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_the_published_sdk_links_runs_and_understands_refusals(
    served: Served, published_node: Path, run: Run
) -> None:
    script = shutil.copy(FOLDER / "node" / "platform.mjs", published_node)

    said = await run(node(), script, served.url, served.key, served.account)

    assert said["session"]["authLinkUrl"].startswith(served.url)
    assert said["authenticated"]["originOwnerId"] == "acme"
    assert [each["id"] for each in said["accounts"]] == [served.account]
    assert said["account"]["status"] == "active"
    assert said["updated"]["originUsername"] == "ada"
    assert said["actions"][0]["key"] == "iterable"
    assert said["rpc"]["data"]
    assert said["mcp"] == 200
    assert said["refusals"]["missing"]["type"] == "NotFoundResponse"
    assert said["refusals"]["stranger"]["type"] == "UnauthorizedResponse"
    assert said["refusals"]["inputs"]["type"] == "UnprocessableEntityResponse"
    assert said["refusals"]["provider"]["type"] == "BadGatewayResponse"
    assert said["deleted"]["id"] == served.account


async def test_the_published_sdk_reads_logs_and_sends_raw_requests(
    served: Served, published_node: Path, run: Run
) -> None:
    script = shutil.copy(FOLDER / "node" / "records.mjs", published_node)

    said = await run(node(), script, served.url, served.key, served.account)

    assert "iterable" in [each["provider"] for each in said["connectors"]]
    assert said["connector"]["providerName"] == "Iterable"
    assert said["meta"]["provider"] == "iterable"
    assert said["proxied"] == 200
    assert said["logs"][0]["accountId"] == served.account
    assert said["steps"][0]["url"].startswith(US)
    assert "connectors" in [each["category"] for each in said["platform"]]
    assert said["log"]["requestId"] == said["logs"][0]["requestId"]
