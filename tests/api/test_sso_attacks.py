"""Sign-ins at the identity provider that are somebody's attempt to be somebody else."""

from collections.abc import AsyncGenerator, Callable
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest

from jackfield.kit.secret import Secret
from jackfield.members.sessions import service as sessions
from tests.support import members
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock, StoppedTime
from tests.support.identity_provider import (
    IdentityProvider,
    come_back,
    identity_provider,
    leave,
    other_key,
    sign_in,
    signed_by_public_key,
    unsigned,
)
from tests.support.members import browser, member, with_password
from tests.support.running import HubWith, Running

pytestmark = pytest.mark.anyio


@pytest.fixture
async def idp(clock: FrozenClock) -> AsyncGenerator[IdentityProvider]:
    async with identity_provider(clock) as running:
        yield running


@pytest.fixture
async def ours(hub_with: HubWith, idp: IdentityProvider) -> AsyncGenerator[Running]:
    """Return a hub that Ada is a member of."""
    async with hub_with(oidc=idp.settings(domains=("example.com",))) as hub:
        await member(hub, "ada@example.com")
        yield hub


NOW = int(FrozenClock()().timestamp())
FALSE_CLAIMS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "other"},
    "another audience in a list": {"aud": ["other"]},
    "no audience": {"aud": ...},
    "several audiences and no party": {"aud": ["hub", "other"]},
    "another party": {"aud": ["hub", "other"], "azp": "other"},
    "another issuer": {"iss": "https://evil.test"},
    "no issuer": {"iss": ...},
    "another nonce": {"nonce": "n"},
    "no nonce": {"nonce": ...},
    "a nonce that is no text": {"nonce": ["n"]},
    "expired": {"exp": NOW - 61},
    "no expiry": {"exp": ...},
    "an expiry that is no number": {"exp": "never"},
    "not yet valid": {"nbf": NOW + 90},
    "valid from no time": {"nbf": ["now"]},
    "made in the future": {"iat": NOW + 90},
    "not dated": {"iat": ...},
    "e-mail not verified": {"email_verified": False},
    "e-mail not verified, in words": {"email_verified": "false"},
    "nothing said of the e-mail": {"email_verified": ...},
    "no e-mail": {"email": ..., "email_verified": True},
    "an e-mail of another domain": {"email": "ada@evil.test"},
    "an e-mail that looks like the domain": {"email": "ada@example.com@evil.test"},
    "a subdomain": {"email": "ada@sub.example.com"},
    "no subject": {"sub": ...},
    "an empty subject": {"sub": ""},
    "a subject that is no text": {"sub": 7},
    "a subject that cannot be stored": {"sub": "a\x00b"},
    "a subject that cannot be written": {"sub": "\ud800"},
    "a nonce that cannot be written": {"nonce": "\ud800"},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FALSE_CLAIMS)
async def test_a_token_that_is_not_for_this_sign_in_signs_nobody_in(
    ours: Running, idp: IdentityProvider, name: str
) -> None:
    idp.claims = FALSE_CLAIMS[name]
    async with browser(ours) as opened:
        refused = await sign_in(opened)
        page = await opened.get("/dashboard")

    assert (refused.status_code, page.status_code) == (403, 401)
    assert "jackfield_session" not in opened.cookies


TOKENS: dict[str, Callable[[IdentityProvider, dict[str, Any]], str]] = {
    "signed by nobody": lambda _idp, claims: unsigned(claims),
    "signed with the public key as a secret": signed_by_public_key,
    "no token": lambda _idp, _claims: "nothing",
    "an empty signature": lambda idp, claims: idp.signed(claims).rpartition(".")[0] + ".",
    "huge": lambda idp, claims: idp.signed({**claims, "more": "x" * 70_000}),
}


@pytest.mark.parametrize("name", TOKENS)
async def test_a_token_that_the_provider_did_not_sign_signs_nobody_in(
    ours: Running, idp: IdentityProvider, name: str
) -> None:
    async with browser(ours) as opened:
        asked = await leave(opened)
        idp.token = TOKENS[name](idp, idp.usual(asked["nonce"]))
        refused = await come_back(opened, code="c", state=asked["state"])

    assert refused.status_code == 403


async def test_a_token_of_another_key_with_the_same_name_signs_nobody_in(
    ours: Running, idp: IdentityProvider
) -> None:
    idp.published = idp.keys()
    idp.key, idp.algorithm = other_key(), "ES256"
    async with browser(ours) as opened:
        refused = await sign_in(opened)

    assert refused.status_code == 403


async def test_a_provider_that_changes_its_keys_is_asked_for_them_once_more(
    ours: Running, idp: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = StoppedTime()
    monkeypatch.setattr("jackfield.members.sso.provider.time", stopped)
    async with browser(ours) as opened:
        first = await sign_in(opened)
        idp.key, idp.algorithm = other_key(), "ES256"
        early = await sign_in(opened)
        stopped.now += 61
        second = await sign_in(opened)

    assert [each.status_code for each in (first, early, second)] == [303, 403, 303]
    assert [path for path, _, _ in idp.asked].count("/jwks") == 2


@pytest.mark.parametrize("is_named", [True, False], ids=["named", "without a name"])
async def test_keys_that_cannot_be_read_are_passed_over(
    ours: Running, idp: IdentityProvider, is_named: bool
) -> None:
    (good,) = idp.keys()
    other = other_key().as_dict(private=False)
    idp.published = [
        *(None, 7, [], {"kty": "RSA"}, {"kty": "none"}, {"kty": ["RSA"]}),
        *(
            {"kty": "RSA", "n": n, "e": "AQAB", "kid": "one"}
            for n in ("", "!", "AA", 5, "A" * 9999)
        ),
        *({"kty": "EC", "crv": crv, "x": "AA", "y": "AA"} for crv in ("P-256", "none", {})),
        {**good, "kid": ["one"]},
        other,
        good,
    ]
    if not is_named:
        idp.header = {"kid": ...}
        del good["kid"], other["kid"]
    async with browser(ours) as opened:
        done = await sign_in(opened)

    assert done.status_code == 303


HTML: Final = b"<html><script>alert(1)</script></html>"
ODD_ANSWERS: Final[dict[str, tuple[int, bytes]]] = {
    "a page": (200, HTML),
    "a page of an error": (500, HTML),
    "no UTF-8": (200, b'{"issuer": "\xff"}'),
    "another encoding": (200, '{"keys": []}'.encode("utf-16")),
    "a list": (200, b"[]"),
    "nothing": (204, b""),
    "more than is read": (200, b"[" + b"1," * 600_000 + b"1]"),
    "deep": (200, b"[" * 100_000),
    "long numbers": (200, b'{"keys": ' + b"9" * 6000 + b', "id_token": 1e999}'),
    "other types": (200, b'{"issuer": {}, "keys": {"a": 1}, "id_token": [], "sub": [""]}'),
}


@pytest.mark.parametrize("where", ["openid-configuration", "jwks", "token", "userinfo"])
async def test_an_odd_answer_of_the_provider_ends_with_a_sentence_on_the_sign_in_page(
    ours: Running, idp: IdentityProvider, where: str
) -> None:
    idp.claims = {"email": ...}
    for name, answer in ODD_ANSWERS.items():
        idp.instead = {where: answer}
        ours.hub.oidc_documents.clear()
        async with browser(ours) as opened:
            page = await opened.get("/dashboard/sign-in/sso")
            if page.status_code == 303:
                asked = dict(parse_qsl(urlsplit(page.headers["location"]).query))
                page = await come_back(opened, code=asked["nonce"], state=asked["state"])
        assert page.status_code in (403, 502), name
        assert "dentity provider" in page.text, name
        assert "alert(1)" not in page.text


async def test_an_answer_is_taken_once_and_by_the_browser_that_was_sent(ours: Running) -> None:
    async with browser(ours) as victim, browser(ours) as attacker:
        theirs, own = await leave(attacker), await leave(victim)
        # The attacker's answer, opened by the victim.
        foreign = await come_back(victim, code=theirs["nonce"], state=theirs["state"])
        own = await leave(victim)
        kept = dict(victim.cookies)
        # The attacker's code, with the victim's state: the nonce is another.
        swapped = await come_back(victim, code=theirs["nonce"], state=own["state"])
        # The victim's answer again, with the cookie it had.
        victim.cookies.update(kept)
        replayed = await come_back(victim, code=own["nonce"], state=own["state"])
        victim.cookies.clear()
        without = await come_back(victim, code=own["nonce"], state=own["state"])
        nothing = await come_back(victim)

    assert [each.status_code for each in (foreign, swapped, replayed, without, nothing)] == [
        403
    ] * 5
    assert "used already" in replayed.text
    assert "another sign-in" in foreign.text


async def test_an_answer_is_replayed_by_nobody_after_it_signed_in(
    ours: Running, idp: IdentityProvider
) -> None:
    async with browser(ours) as opened:
        asked = await leave(opened)
        kept = opened.cookies["jackfield_sso"]
        first = await come_back(opened, code=asked["nonce"], state=asked["state"])
        assert "jackfield_sso" not in opened.cookies
        opened.cookies.set("jackfield_sso", kept, domain="hub.test", path="/dashboard")
        again = await come_back(opened, code=asked["nonce"], state=asked["state"])

    assert (first.status_code, again.status_code) == (303, 403)
    assert len([path for path, _, _ in idp.asked if path == "/token"]) == 1


async def test_a_sign_in_that_takes_too_long_begins_again(
    ours: Running, clock: FrozenClock
) -> None:
    async with browser(ours) as opened:
        asked = await leave(opened)
        clock.advance(minutes=15, seconds=1)
        late = await come_back(opened, code=asked["nonce"], state=asked["state"])

    assert late.status_code == 403


async def test_an_answer_of_another_issuer_is_not_taken(ours: Running) -> None:
    async with browser(ours) as opened:
        asked = await leave(opened)
        refused = await come_back(
            opened, code=asked["nonce"], state=asked["state"], iss="https://evil.test"
        )

    assert refused.status_code == 403


async def test_another_identity_with_the_address_of_a_member_is_not_the_member(
    ours: Running, idp: IdentityProvider
) -> None:
    async with browser(ours) as opened:
        first = await sign_in(opened)
        # The address was given to somebody else.
        idp.claims = {"sub": "subject-2"}
        opened.cookies.clear()
        second = await sign_in(opened)
        # The first one goes on, whatever their address is now.
        idp.claims = {"email": "ada.lovelace@example.com"}
        third = await sign_in(opened)

    assert [each.status_code for each in (first, second, third)] == [303, 403, 303]


async def test_a_page_elsewhere_is_not_gone_on_to(ours: Running) -> None:
    async with browser(ours) as opened:
        asked = await leave(opened, "https://evil.test/dashboard")
        done = await come_back(opened, code=asked["nonce"], state=asked["state"])

    assert done.headers["location"] == "/dashboard"


async def test_the_provider_gets_pkce_and_the_secret_in_its_header_alone(
    hub_with: HubWith, idp: IdentityProvider
) -> None:
    settings = idp.settings(client_secret=Secret("s:e/c r%et"), domains=("example.com",))
    async with hub_with(oidc=settings) as hub, browser(hub) as opened:
        asked = await leave(opened)
        done = await come_back(opened, code=asked["nonce"], state=asked["state"])

    (_, headers, form) = next(each for each in idp.asked if each[0] == "/token")
    assert done.status_code == 303
    assert asked["code_challenge_method"] == "S256"
    assert len(form["code_verifier"]) >= 43
    assert "client_secret" not in form
    assert headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://evil.test"},
        {"token_endpoint": "http://evil.test/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": 7},
    ],
    ids=str,
)
async def test_a_description_that_leads_elsewhere_is_not_followed(
    ours: Running, idp: IdentityProvider, described: dict[str, Any]
) -> None:
    idp.described = described
    async with browser(ours) as opened:
        begun = await opened.get("/dashboard/sign-in/sso")

    assert (begun.status_code, "location" in begun.headers) == (502, False)


async def test_no_private_address_is_asked_that_the_operator_did_not_allow(
    hub_with: HubWith, idp: IdentityProvider
) -> None:
    async with (
        hub_with(oidc=idp.settings(), allow_private_networks=False) as hub,
        browser(hub) as opened,
    ):
        begun = await opened.get("/dashboard/sign-in/sso")

    assert begun.status_code == 502
    assert idp.asked == []


async def test_passwords_are_refused_where_only_the_provider_signs_in(
    hub_with: HubWith, idp: IdentityProvider
) -> None:
    async with hub_with(oidc=idp.settings(), sso_only=True) as hub, browser(hub) as opened:
        ada = await with_password(hub, "ada@example.com")
        page = await opened.get("/dashboard/sign-in")
        refused = await members.sign_in(opened, "ada@example.com")
        link = await sessions.make_link(hub.hub, hub.project.id, ada, TESTER)
        token = link.partition("token=")[2]
        by_link = await opened.post("/dashboard/sign-in", data={"token": token})
        set_one = await opened.post("/dashboard/me/password", data={"new": "x" * 20})

    assert 'name="password"' not in page.text
    assert (refused.status_code, by_link.status_code, set_one.status_code) == (403, 303, 422)
