"""Requests for tokens whose body the connector writes itself, and answers in XML."""

import pytest

from jackfield.engine.oauth.errors import GrantRefused
from jackfield.sandbox.oauth.server import OAuthSandbox
from tests.oauth.flow import flow

pytestmark = pytest.mark.anyio

XML = """
tokenRequest:
  contentType: application/xml
  body:
    request:
      '@_version': '3.0'
      control: {senderId: $.parameters.client_id}
      grant:
        client_id: $.parameters.client_id
        client_secret: $.parameters.client_secret
        grant_type: $.parameters.grant_type
        code: $.parameters.code
        redirect_uri: $.parameters.redirect_uri
        code_verifier: $.parameters.code_verifier
        refresh_token: $.parameters.refresh_token
        scope: $.parameters.scope
tokenResponse:
  accessToken: response.access_token
  refreshToken: response.refresh_token
  expiresIn: response.expires_in
  scopes: response.scope
  error: response.error
  errorDescription: response.error_description
"""
BEHAVIORS = ("token.xml_body", "reply.xml")
SECRET = "<s>&'c\"]]>é"


async def test_code_is_exchanged_and_tokens_are_renewed_by_xml(idp: OAuthSandbox) -> None:
    async with flow(idp, *BEHAVIORS, authorization=XML, secret=SECRET) as account:
        signed_in = await account.sign_in()
        first = await account.me()
        await account.renew()
        again = await account.me()
        asked = [each.body for each in idp.requests(account.client, "token")]

    assert first == again
    assert signed_in.scopes == ("notes.read", "notes.write")
    assert asked[0].startswith('<request version="3.0"><control><senderId>')
    assert "<refresh_token" not in asked[0]
    assert "<code" not in asked[1]


async def test_client_credentials_are_exchanged_by_xml(idp: OAuthSandbox) -> None:
    method = {"grantType": "client_credentials"}
    async with flow(idp, *BEHAVIORS, authorization=XML, method=method, secret=SECRET) as account:
        account.tokens = await account.endpoint().request_tokens()

        assert await account.me()


async def test_refusal_in_xml_is_understood_as_any_other(idp: OAuthSandbox) -> None:
    async with flow(idp, *BEHAVIORS, authorization=XML) as account:
        with pytest.raises(GrantRefused, match="the code is unknown") as refused:
            await account.sign_in(code="made-up")

    assert refused.value.context["reason"] == "invalid_grant"


async def test_body_may_be_a_text_of_the_connectors_own(idp: OAuthSandbox) -> None:
    written = """
clientAuthentication: none
tokenRequest:
  headers: {Authorization: '{{"Basic " + encodeBase64(credentials.clientId + ":" + credentials.clientSecret)}}'}
  contentType: application/x-www-form-urlencoded
  body: grant_type=client_credentials&note=${parameters.scope}
"""
    method = {"grantType": "client_credentials"}
    async with flow(idp, authorization=written, method=method, secret="s3cret") as account:
        account.tokens = await account.endpoint().request_tokens()
        (asked,) = idp.requests(account.client, "token")

        assert await account.me()
    assert asked.body == "grant_type=client_credentials&note=notes.read notes.write"
