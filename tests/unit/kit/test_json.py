import pytest

from jackfield.kit.json import MOST_LEVELS, is_deep


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
