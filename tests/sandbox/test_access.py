"""Who may call what."""

import pytest

from jackfield.sandbox.iterable.access import jwt
from jackfield.sandbox.iterable.access.keys import make_keys
from jackfield.sandbox.iterable.regions import Region
from jackfield.sandbox.iterable.routes.table import ROUTES
from tests.sandbox.client import Answer, Client
from tests.sandbox.examples import AVERY, BLAKE
from tests.support.clock import NOW

SECRET = "only-the-product-knows"
HOUR = 3600


def refused(answer: Answer) -> tuple[int, str, str]:
    return answer.status, answer.json["code"], answer.json["msg"]


def test_keys_are_32_lower_case_hex_digits_and_the_same_at_every_start() -> None:
    first, second = make_keys(Region.US), make_keys(Region.US)

    assert {name: key.value for name, key in first.items()} == {
        name: key.value for name, key in second.items()
    }
    assert list(first) == ["server_side", "read_only", "mobile", "javascript"]
    assert all(len(key.value) == 32 and int(key.value, 16) for key in first.values())


def test_no_key_of_one_region_is_known_in_the_other(us: Client, eu: Client) -> None:
    for name, key in us.app.sandbox.keys.items():
        assert eu.using(key.value).get("/api/channels").status == 401, name


def test_an_unknown_key_is_told_so_in_the_recorded_words(us: Client) -> None:
    answer = us.using("0" * 32).get("/api/channels")

    assert answer.status == 401
    assert answer.json == {
        "msg": "Invalid API key",
        "code": "BadApiKey",
        "params": {"ip": "127.0.0.1", "endpoint": "/api/channels"},
    }


def test_a_call_without_a_key_is_refused(us: Client) -> None:
    assert refused(us.raw("GET", "/api/channels")) == (401, "BadApiKey", "Invalid API key")


@pytest.mark.parametrize("name", ["api-key", "api_key"])
def test_the_key_is_read_from_either_spelling_of_its_header(us: Client, name: str) -> None:
    key = us.app.sandbox.keys["server_side"].value

    assert us.raw("GET", "/api/channels", [(name, key)]).status == 200


def test_a_key_in_the_url_opens_nothing(us: Client) -> None:
    key = us.app.sandbox.keys["server_side"].value

    assert us.raw("GET", f"/api/channels?api_key={key}").status == 401


def test_a_read_only_key_reads_everything_and_writes_nothing(us: Client) -> None:
    read_only = us.using("read_only")

    assert read_only.get("/api/lists").status == 200
    answer = read_only.post("/api/lists", {"name": "Sneaky"})

    assert answer.status == 401
    assert answer.json == {
        "msg": "Disabled API key or insufficient privileges",
        "code": "BadApiKey",
        "params": {
            "ip": "127.0.0.1",
            "endpoint": "/api/lists",
            "apiKeyIdentifier": us.app.sandbox.keys["read_only"].value[-8:],
            "apiKeyType": "ReadOnly",
        },
    }
    assert "Sneaky" not in us.get("/api/lists").text


@pytest.mark.parametrize(("kind", "shown"), [("mobile", "Mobile"), ("javascript", "JavaScript")])
def test_a_client_side_key_may_not_use_server_routes(us: Client, kind: str, shown: str) -> None:
    answer = us.using(kind).get("/api/channels")

    assert answer.status == 401
    assert answer.json["msg"] == "Disabled API key or insufficient privileges"
    assert answer.json["params"]["apiKeyType"] == shown


def test_a_client_side_key_may_speak_for_its_user(us: Client) -> None:
    body = {"email": AVERY, "dataFields": {"plan": "pro"}}

    assert us.using("mobile").post("/api/users/update", body).status == 200
    assert us.using("javascript").post("/api/users/update", body).status == 200


def test_what_a_mobile_key_may_do_differs_from_what_a_javascript_key_may(us: Client) -> None:
    browser = {"email": AVERY, "browserToken": "b"}

    assert us.using("javascript").post("/api/users/registerBrowserToken", browser).status == 200
    assert us.using("mobile").post("/api/users/registerBrowserToken", browser).status == 401


def test_a_client_side_key_may_not_merge_users_who_are_known(us: Client) -> None:
    answer = us.using("mobile").post(
        "/api/users/merge", {"sourceEmail": AVERY, "destinationEmail": BLAKE}
    )

    assert (answer.status, answer.json["code"]) == (403, "Forbidden")


def test_a_disabled_key_is_refused_in_other_words_than_an_unknown_one(us: Client) -> None:
    us.patch("/__sandbox__/keys", {"name": "server_side", "disabled": True})

    assert refused(us.get("/api/channels")) == (
        401,
        "BadApiKey",
        "Disabled API key or insufficient privileges",
    )


def test_no_route_answers_a_stranger(us: Client) -> None:
    for route in ROUTES:
        path = route.path.replace("{", "").replace("}", "")

        assert us.raw(route.method, path).status == 401, route.path


def ask_with_token(us: Client, token: str | None, email: str = AVERY) -> Answer:
    us.patch("/__sandbox__/keys", {"name": "mobile", "jwtSecret": SECRET})
    headers = {"authorization": f"Bearer {token}"} if token else {}
    body = {"email": email, "eventName": "opened"}
    return us.using("mobile").call("POST", "/api/events/track", body=body, headers=headers)


def claims(**changes: object) -> jwt.Claims:
    now = int(NOW.timestamp())
    return jwt.Claims(**{"email": AVERY, "iat": now, "exp": now + HOUR, **changes})  # pyright: ignore[reportArgumentType]


def test_a_key_that_asks_for_tokens_takes_a_good_one(us: Client) -> None:
    assert ask_with_token(us, jwt.mint(claims(), SECRET)).status == 200


def test_a_missing_token_is_refused(us: Client) -> None:
    answer = ask_with_token(us, None)

    assert (answer.status, answer.json["code"]) == (401, "BadAuthorizationHeader")


@pytest.mark.parametrize(
    "token",
    [
        "not.a.token",
        "nonsense",
        jwt.mint(claims(), "another secret"),
        jwt.mint(claims(email=None), SECRET),
        jwt.mint(claims(exp=int(NOW.timestamp())), SECRET),
    ],
    ids=["malformed", "no parts", "forged", "nobody's", "expired"],
)
def test_a_bad_token_is_refused(us: Client, token: str) -> None:
    answer = ask_with_token(us, token)

    assert (answer.status, answer.json["code"]) == (401, "InvalidJwtPayload")


def test_a_token_speaks_only_for_its_own_user(us: Client) -> None:
    answer = ask_with_token(us, jwt.mint(claims(), SECRET), email=BLAKE)

    assert (answer.status, answer.json["code"]) == (401, "JwtUserIdentifiersMismatched")


def test_tokens_issued_before_they_were_invalidated_are_refused(us: Client) -> None:
    token = jwt.mint(claims(iat=int(NOW.timestamp()) - 60), SECRET)
    assert ask_with_token(us, token).status == 200

    us.post("/api/auth/jwts/invalidate", {"email": AVERY})

    assert ask_with_token(us, token).status == 401
    assert ask_with_token(us, jwt.mint(claims(), SECRET)).status == 200
