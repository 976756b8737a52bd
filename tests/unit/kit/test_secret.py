import json

import pytest

from jackfield.kit.secret import Secret
from jackfield.projects.models import ApiKeyToken


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("hunter2")

    assert "hunter2" not in f"{secret} {secret!r} {secret!s} {[secret]} {vars}"
    assert secret.reveal() == "hunter2"


def test_a_secret_cannot_be_written_as_json_by_accident() -> None:
    with pytest.raises(TypeError):
        json.dumps({"password": Secret("hunter2")})


def test_a_token_is_recognisable_random_and_kept_as_a_digest() -> None:
    one, other = ApiKeyToken.mint(), ApiKeyToken.mint()

    assert one.reveal().startswith("jf_sk_")
    assert len(one) >= len("jf_sk_") + 43
    assert one != other
    assert one.digest() == ApiKeyToken(one.reveal()).digest() != other.digest()
