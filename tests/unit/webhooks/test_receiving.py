"""The lines that the documentation gives a receiver tell a genuine delivery from others."""

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jackfield.webhooks import signature
from tests.support.node import node

PAGE = Path(__file__).parents[3] / "docs" / "webhooks.md"
SECRET = signature.mint()
BODY = '{"event": "account.created", "origin_owner_name": "Zoë"}'
SIGNED = signature.headers(
    signature.Secrets(SECRET),
    BODY.encode(),
    message_id="evt_1",
    at=datetime(2026, 3, 1, tzinfo=UTC),
)["x-stackone-signature"]


@pytest.mark.parametrize(
    ("sent", "genuine"),
    [(SIGNED, True), (SIGNED[:-1] + "!", False), ("short", False), ("", False), (None, False)],
    ids=["genuine", "forged", "short", "empty", "absent"],
)
def test_a_receiver_takes_what_the_hub_signed_and_nothing_else(
    sent: str | None, genuine: bool
) -> None:
    (lines,) = re.findall(r"```js\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    headers = {} if sent is None else {"x-stackone-signature": sent}
    given = f"""
        const secret = {json.dumps(SECRET.reveal())};
        const rawBody = {json.dumps(BODY)};
        const request = {json.dumps({"headers": headers})};
    """

    ran = subprocess.run(
        [node(), "--input-type=module", "-e", f"{given}{lines}console.log(genuine);"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.stdout, ran.stderr) == (f"{str(genuine).lower()}\n", "")
