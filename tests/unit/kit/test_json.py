import pytest

from jackfield.kit.json import MOST_LEVELS, DecodeError, decode, is_deep, parse


def nested(levels: int, inside: bytes = b"") -> bytes:
    return b'{"a":[' * (levels // 2) + inside + b"]}" * (levels // 2)


@pytest.mark.parametrize(
    ("content", "deep"),
    [
        (b"{}", False),
        (b"[" * MOST_LEVELS + b"]" * MOST_LEVELS, False),
        (b"[" * (MOST_LEVELS + 1) + b"]" * (MOST_LEVELS + 1), True),
        (nested(MOST_LEVELS), False),
        (nested(MOST_LEVELS, b"{}"), True),
        (b"[" + b'{"a":[]},' * 1000 + b"[]]", False),
        (b'["' + b"[" * 500 + b'"]', False),
        (b'["\\"' + b"[" * 500 + b'\\\\"]', False),
        (b'["\\\\",' + nested(MOST_LEVELS) + b"]", True),
        (b"[" + b'["]",' * 200 + b"1" + b"]" * 201, True),
    ],
)
def test_json_is_deep_when_it_is_nested_more_than_a_hundred_times(
    content: bytes, deep: bool
) -> None:
    assert is_deep(content) is deep


@pytest.mark.parametrize("content", [b'"\x80"', b'{"a": "\xed\xa0\x80"}', b'{"\xff": 1}'])
def test_what_is_no_utf_8_is_no_json(content: bytes) -> None:
    with pytest.raises(DecodeError):
        parse(content)
    with pytest.raises(DecodeError):
        decode(content, dict[str, str] | str)
