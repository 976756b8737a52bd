import pytest

from jackfield.egress.rewrite import InvalidRewrite, parse


def test_an_origin_is_sent_elsewhere_with_path_and_query() -> None:
    rewrites = parse("https://api.iterable.com=http://127.0.0.1:9901")

    assert (
        rewrites.rewrite("https://api.iterable.com/api/x?y=1#z")
        == "http://127.0.0.1:9901/api/x?y=1#z"
    )
    assert rewrites.rewrite("https://api.iterable.com:443/x") == "http://127.0.0.1:9901/x"
    assert rewrites.rewrite("https://API.iterable.com/x") == "http://127.0.0.1:9901/x"


def test_no_other_origin_is() -> None:
    rewrites = parse("https://api.iterable.com=http://127.0.0.1:9901")

    for url in (
        "http://api.iterable.com/x",
        "https://api.iterable.com:8443/x",
        "https://api.iterable.com.evil.example/x",
        "https://evil.example/https://api.iterable.com",
    ):
        assert rewrites.rewrite(url) is None


def test_what_the_target_says_of_itself_is_translated_back() -> None:
    rewrites = parse("https://api.iterable.com=http://127.0.0.1:9901")

    assert (
        rewrites.restore("http://127.0.0.1:9901/next?page=2")
        == "https://api.iterable.com/next?page=2"
    )
    assert rewrites.restore("http://127.0.0.1:9902/next") == "http://127.0.0.1:9902/next"


def test_several_are_separated_by_commas_and_nothing_means_none() -> None:
    assert (
        len(parse("https://a.example=http://[::1]:1, https://b.example=http://127.0.0.1:2").targets)
        == 2
    )
    assert parse("").targets == {}


@pytest.mark.parametrize(
    "text",
    ["api.iterable.com=127.0.0.1", "https://a.example", "https://a.example/x=http://b.example"],
)
def test_what_is_no_pair_of_origins_is_refused(text: str) -> None:
    with pytest.raises(InvalidRewrite, match="is not of the form"):
        parse(text)
