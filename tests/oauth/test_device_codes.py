"""Codes that are entered on the provider's page, at the sandbox."""

import pytest

from jackfield.engine.oauth.device import Waiting
from jackfield.engine.oauth.errors import TokenRefused
from jackfield.engine.oauth.tokens import Tokens
from jackfield.kit.errors import UnreadableAnswer
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.oauth.flow import flow

pytestmark = pytest.mark.anyio

DEVICE = "deviceAuthorizationUrl: URL/device_authorization"
METHOD = {"grantType": "device_code"}


@pytest.mark.parametrize(
    ("behaviors", "more"), [((), ""), (("token.basic_only",), "\nclientAuthentication: basic")]
)
async def test_code_that_was_entered_is_exchanged_for_tokens(
    idp: OAuthSandbox, behaviors: tuple[str, ...], more: str
) -> None:
    async with flow(idp, *behaviors, authorization=DEVICE + more, method=METHOD) as account:
        device = await account.endpoint().request_device_code(("notes.read",))
        before = await account.endpoint().poll_device(device)
        early = await account.endpoint().poll_device(device)
        idp.approve_device(device.user_code)
        idp.clock.advance(device.interval + 5)
        tokens = await account.endpoint().poll_device(device)
        assert isinstance(tokens, Tokens)
        account.tokens = tokens

        assert (before, early) == (Waiting.PENDING, Waiting.SLOW_DOWN)
        assert tokens.scopes == ("notes.read",)
        assert device.user_code in device.complete_url
        assert await account.me()


async def test_code_that_was_not_entered_in_time_is_no_longer_taken(idp: OAuthSandbox) -> None:
    async with flow(idp, authorization=DEVICE, method=METHOD) as account:
        device = await account.endpoint().request_device_code(())
        idp.clock.advance(601)
        with pytest.raises(TokenRefused) as refused:
            await account.endpoint().poll_device(device)

    assert refused.value.context["reason"] == "expired_token"


async def test_answer_without_a_page_to_enter_the_code_at_is_refused(idp: OAuthSandbox) -> None:
    async with flow(
        idp, authorization="deviceAuthorizationUrl: URL/device_authorization", method=METHOD
    ) as account:
        idp.add_fault(
            account.client,
            endpoint="device_authorization",
            status=200,
            body='{"device_code": "d", "user_code": "AB-12", "verification_uri": "javascript:x"}',
        )
        with pytest.raises(UnreadableAnswer):
            await account.endpoint().request_device_code(())
