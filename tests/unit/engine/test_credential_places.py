"""Keys in every place of a request, and cookies that a provider sets."""

import json

import pytest

from jackfield.engine.errors import CredentialMissing, InvalidStep
from jackfield.engine.ports import Request
from jackfield.engine.proxy import ProxyAccount
from tests.unit.engine.building import (
    CREDENTIALS,
    Provider,
    action,
    answer,
    connector,
    request,
    run,
    step,
)

pytestmark = pytest.mark.anyio

KEY = CREDENTIALS["token"]
FORM = {"name": "Content-Type", "value": "application/x-www-form-urlencoded", "in": "headers"}


def key_in(place: str, **keys: object) -> dict:
    return {
        "type": "apiKey",
        "in": place,
        "name": "api_key",
        "value": "$.credentials.token",
        **keys,
    }


def proxied(place: str, request: Request) -> Request:
    linked = ProxyAccount("main", "production", CREDENTIALS)
    return connector(authorization=key_in(place)).proxy.authorize(request, linked).signed()


@pytest.mark.parametrize(
    ("args", "body"),
    [
        ([], b'{"api_key":"%s"}'),
        (
            [{"name": "a", "value": 2**60, "in": "body"}],
            b'{"a":1152921504606846976,"api_key":"%s"}',
        ),
        ([{"name": "api_key", "value": "mine", "in": "body"}], b'{"api_key":"%s"}'),
        ([FORM, {"name": "a", "value": "b c", "in": "body"}], b"a=b+c&api_key=%s"),
        ([FORM], b"api_key=%s"),
    ],
)
async def test_a_key_may_be_a_field_of_the_body(args: list, body: bytes) -> None:
    provider = Provider([answer({})])
    post = request("/things", "post", args=args)

    await run(action(post, authorization=key_in("body"), effects=["write"]), provider)

    assert provider.sent[0].body == body % KEY.encode()
    assert provider.sent[0].headers["Content-Type"] in (FORM["value"], "application/json")


async def test_a_key_is_not_put_into_a_body_that_is_no_object() -> None:
    listed = {"name": "all", "value": [1], "in": "body", "spread": True}

    with pytest.raises(InvalidStep, match="neither a form nor a JSON object"):
        await run(
            action(request("/x", "post", args=[listed]), authorization=key_in("body")),
            Provider([answer({})]),
        )


@pytest.mark.parametrize(
    ("authorization", "cookie"),
    [
        (key_in("cookie"), f"lang=en; api_key={KEY}"),
        (
            key_in("cookie", name="S", value="${credentials.token}; lang=de"),
            f"api_key=mine; S={KEY}; lang=de",
        ),
    ],
)
async def test_cookies_join_those_of_the_step(authorization: dict, cookie: str) -> None:
    provider = Provider([answer({})])
    own = {"name": "cookie", "value": "lang=en; api_key=mine", "in": "headers"}

    await run(action(request(args=[own]), authorization=authorization), provider)

    headers = provider.sent[0].headers
    assert [value for name, value in headers.items() if name.lower() == "cookie"] == [cookie]


async def test_a_cookie_without_its_credential_is_not_sent() -> None:
    with pytest.raises(CredentialMissing):
        await run(
            action(request(), authorization=key_in("cookie")),
            Provider([answer({})]),
            credentials={},
        )


def test_a_proxied_request_has_its_key_in_the_body_or_among_its_cookies() -> None:
    url = "https://api.example.com/raw"
    given = {"Content-Type": "application/json", "Cookie": "a=b"}

    sent = proxied("body", Request("POST", url, given, b'{"x":1}'))
    shown = proxied("cookie", Request("GET", url, given))

    assert json.loads(sent.body or b"") == {"x": 1, "api_key": KEY}
    assert shown.headers["Cookie"] == f"a=b; api_key={KEY}"


async def test_cookies_that_a_login_sets_can_be_told_apart() -> None:
    crowd = (
        'SESSION="s=1,2"; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly, ROUTE=.node3;'
        " path=/, old=x; Max-Age=0"
    )
    login = step("request", {"url": "/login", "method": "post"}, step_id="login")
    cookies = "${steps.login.output.cookies.SESSION}; ROUTE=${steps.login.output.cookies.ROUTE}"
    follow = request(authorization=key_in("cookie", name="SESSION", value=cookies))
    provider = Provider([answer({}, set_cookie=crowd), answer({})])

    await run(action(login, follow, effects=["write"]), provider)

    assert provider.sent[1].headers["Cookie"] == "SESSION=s=1,2; ROUTE=.node3"


async def test_the_certificate_of_an_auth_method_is_shown_by_every_step_and_proxied_request() -> (
    None
):
    pem = "-----BEGIN CERTIFICATE-----"
    method = {
        "type": "custom",
        "authorization": {"type": "none"},
        "certificates": {"certs": ["$.credentials.cert"], "keys": ["$.credentials.key"]},
    }
    token = step(
        "request",
        {
            "url": "/token",
            "method": "post",
            "baseUrl": "https://login.example.com",
            "authorization": {"type": "basic", "username": "u", "password": "p"},
        },
        step_id="token",
    )
    own = {"certs": [f"{pem}own"], "keys": [f"{pem}own"]}
    compiled = connector(
        {"actionId": "do_it", "steps": [token, request(certificates=own)], "effects": ["write"]},
        authentication=[{"main": method}],
        hosts=["login.example.com", "api.example.com"],
    )
    provider, credentials = Provider([answer({})]), {"cert": f"{pem}1", "key": f"{pem}2"}

    await run(compiled.action("do_it"), provider, credentials=credentials)
    linked = ProxyAccount("main", "production", credentials)
    through = compiled.proxy.authorize(Request("GET", "https://api.example.com/x"), linked)

    shown = [each.certificate for each in (*provider.sent, through)]
    assert [each and each.certificates for each in shown] == [
        (f"{pem}1",), (f"{pem}own",), (f"{pem}1",),
    ]  # fmt: skip
