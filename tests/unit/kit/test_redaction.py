import base64
import gc
import json
import logging
import tracemalloc
from collections.abc import Callable
from io import StringIO
from urllib.parse import quote, quote_plus

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from jackfield.kit import log, redaction
from jackfield.kit.redaction import MASK, Redactor
from jackfield.kit.secret import Secret
from tests.support import collector

SECRETS = st.text(min_size=6, max_size=60).filter(lambda text: text.strip() == text)


@given(SECRETS, st.text(max_size=20), st.text(max_size=20))
def test_a_secret_is_masked_in_every_form_it_travels_in(
    secret: str, before: str, after: str
) -> None:
    redactor = Redactor([secret])
    for form in (
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
    ):
        assert form not in redactor.text(f"{before}\n{form}\n{after}").replace(MASK, "\0")


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=16, max_size=40))
def test_a_secret_is_masked_in_a_basic_authorization_header(secret: str) -> None:
    for plain in (f"{secret}:", f"{secret}:x", f"user:{secret}"):
        encoded = base64.b64encode(plain.encode()).decode()

        masked = Redactor([secret]).text(f"Authorization: Basic {encoded}")

        assert encoded not in masked


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode().rstrip("=")


@given(SECRETS, st.sampled_from([str, quote, quote_plus, b64]))
def test_a_form_that_stands_alone_is_masked(secret: str, form: Callable[[str], str]) -> None:
    assert Redactor([secret]).text(form(secret)) != form(secret)


def test_bytes_that_are_no_text_survive() -> None:
    content = b"\xff\xfe secret-value \x00"

    assert Redactor(["secret-value"]).content(content) == b"\xff\xfe " + MASK.encode() + b" \x00"


@pytest.mark.parametrize("kind", ["sk", "ct", "si", "ss", "fl", "go", "st", "br"])
def test_what_the_hub_hands_out_is_masked_without_being_told(kind: str) -> None:
    assert Redactor().text(f"token=jf_{kind}_0123456789abcdefghij.") == f"token={MASK}."


def test_a_short_value_masks_no_ordinary_words() -> None:
    assert Redactor(["us"]).text("the user must trust us") == "the user must trust us"


@pytest.mark.parametrize(
    "key",
    ["Authorization", "api_key", "Api-Key", "apikey", "client_secret", "password", "cookie",
     "refresh_token", "access-token", "token", "x-auth-token", "private_key"],
)  # fmt: skip
def test_a_value_is_masked_by_its_key(key: str) -> None:
    assert Redactor().value({"headers": [{key: "anything"}]}) == {"headers": [{key: MASK}]}


@pytest.mark.parametrize("key", ["next_token_count", "author", "keyboard", "tokens", "region"])
def test_other_keys_are_left_alone(key: str) -> None:
    assert Redactor().value({key: "anything"}) == {key: "anything"}


@pytest.mark.parametrize("key", ["{}password", "api_key_{}"])
def test_a_long_key_is_masked_by_and_not_remembered(key: str) -> None:
    filling = "a_" * 500_000
    tracemalloc.start()

    for number in range(20):
        harmless, named = f"{number}{filling}", key.format(f"{number}{filling}")
        assert Redactor().value({named: "b", harmless: "c"}) == {named: MASK, harmless: "c"}

    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 10 * len(filling)


def test_the_log_holds_no_secret() -> None:
    stream = StringIO()
    log.configure(stream=stream)
    redaction.learn(Redactor(["5ecret-Value!"]))
    structlog.get_logger().info(
        "provider_answered",
        body="you sent 5ecret-Value!",
        deep={"list": ["5ecret-Value%21"]},
        api_key="whatever",
        wrapped=Secret("other"),
    )

    (line,) = stream.getvalue().splitlines()
    assert "5ecret" not in line
    assert "whatever" not in line
    assert "other" not in line
    assert json.loads(line)["event"] == "provider_answered"


def test_what_libraries_log_goes_the_same_way_without_any_secret_in_use() -> None:
    stream = StringIO()
    log.configure(stream=stream)
    in_use = Redactor(["5ecret-Value!"])

    try:
        int("no use for 5ecret-Value!")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("crashed with %s", "5ecret-Value%21")
    logging.getLogger("asyncio").debug("quiet")

    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert "5ecret" not in line
    assert (told["event"], told["level"], told["logger"]) == (
        f"crashed with {MASK}",
        "error",
        "uvicorn.error",
    )
    assert "ValueError: invalid literal" in told["exception"]
    assert in_use.text("5ecret-Value!") == MASK


@pytest.mark.slow
def test_what_libraries_log_is_masked_while_memory_is_collected() -> None:
    in_use = [Redactor([f"5ecret-Value-{number}"]) for number in range(20)]
    threshold = gc.get_threshold()
    gc.freeze()
    try:
        for count in range(1, 30):
            gc.collect()
            ring: list[object] = [Redactor(["of a run that is over"])]
            ring.append(ring)
            # So that the collection comes at each place in turn.
            gc.set_threshold(count, 1000, 1000)
            del ring
            assert set(in_use) <= set(redaction.alive())
            gc.set_threshold(*threshold)
    finally:
        gc.set_threshold(*threshold)
        gc.unfreeze()
        collector.settle()
