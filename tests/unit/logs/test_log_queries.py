"""The query language of the log: what it takes, what it refuses, and how it is written back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.logs.search.models import Conditions
from jackfield.logs.search.query import EFFECTS, LONGEST_MS, NAMES, SOURCES, read_query
from jackfield.logs.search.words import InvalidLogQuery, Word, split
from tests.support.clock import NOW

VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
WORDS = st.builds(Word, st.sampled_from(["", *filter(None, NAMES), "since"]), VALUES, st.booleans())
VALID = st.one_of(
    st.builds(Word, st.sampled_from(["connector", "account", "customer", "key"]), VALUES),
    st.builds(Word, st.just("status"), st.sampled_from(["ok", "failed", "4xx", "401", "400-499"])),
    st.builds(Word, st.just("effect"), st.sampled_from(EFFECTS), st.booleans()),
    st.builds(Word, st.just("source"), st.sampled_from([*SOURCES]), st.booleans()),
    st.builds(Word, st.just("took"), st.sampled_from([">1s", "<200ms", "1s-5s", ">=1.5h"])),
)


def having(text: str) -> Conditions:
    return read_query(text, NOW).search.having


@given(st.lists(WORDS, max_size=8))
def test_words_that_are_written_are_read_again_as_they_were(words: list[Word]) -> None:
    read = [*split("  ".join(map(str, words)))]

    assert [(each.name, each.value, each.is_excluded) for each in read] == [
        (each.name, each.value, each.is_excluded) for each in words
    ]


@given(st.lists(VALID, min_size=1, max_size=8), st.data())
def test_a_word_that_is_taken_out_leaves_the_others_as_they_are(
    words: list[Word], data: st.DataObject
) -> None:
    query = read_query(" ".join(map(str, words)), NOW)
    place = data.draw(st.integers(0, len(words) - 1))

    left = read_query(query.without(place), NOW)

    assert list(map(str, left.words)) == [str(word) for at, word in enumerate(words) if at != place]
    assert read_query(str(query), NOW).search == query.search


@given(st.lists(VALID, max_size=8), st.randoms())
def test_the_order_of_words_does_not_matter(words: list[Word], dice: Any) -> None:
    shuffled = dice.sample(words, len(words))

    one, other = (having(" ".join(map(str, each))) for each in (words, shuffled))

    for name in Conditions.__slots__:
        assert set(getattr(one, name)) == set(getattr(other, name))


@given(st.text(max_size=60))
def test_any_text_is_a_query_or_refused_with_its_place(text: str) -> None:
    faults = ()
    try:
        read_query(text, NOW)
    except InvalidLogQuery as refused:
        faults = refused.faults

    assert all(fault.path == "query" for fault in faults)
    assert all(fault.message.startswith("at character ") for fault in faults)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Conditions()),
        ("status:ok", Conditions(outcomes=(True,))),
        ("STATUS:Failed", Conditions(outcomes=(False,))),
        ("status:401", Conditions(statuses=((401, 401),))),
        ("status:4xx status:500-503", Conditions(statuses=((400, 499), (500, 503)))),
        ("connector:iterable", Conditions(connectors=("iterable",))),
        ("action:*send*", Conditions(actions=("*send*",))),
        ('customer:"Acme Inc."', Conditions(customers=("Acme Inc.",))),
        (r'customer:"say \"hi\" \\"', Conditions(customers=('say "hi" \\',))),
        ("effect:send effect:delete", Conditions(effects=("send", "delete"))),
        ("source:rest source:mcp", Conditions(sources=("api", "mcp"))),
        ("took:>1s", Conditions(durations=((1001, LONGEST_MS),))),
        ("took:<200ms", Conditions(durations=((0, 199),))),
        ("took:1s-1.5m", Conditions(durations=((1000, 90_000),))),
        ("request:abc", Conditions(requests=("abc",))),
        ("code:provider_timeout", Conditions(codes=("provider_timeout",))),
        ("rate limit", Conditions(texts=("rate", "limit"))),
        ('"rate limit"', Conditions(texts=("rate limit",))),
        ('"https://x.test"', Conditions(texts=("https://x.test",))),
        ("run_01M8FG2RZ9T4CVE1B6NQYH7KXD", Conditions(runs=("run_01M8FG2RZ9T4CVE1B6NQYH7KXD",))),
        ("-", Conditions(texts=("-",))),
    ],
)
def test_words_say_what_runs_have(text: str, expected: Conditions) -> None:
    assert having(text) == expected


def test_a_minus_says_what_runs_do_not_have() -> None:
    search = read_query('-status:4xx -timeout -"a b" connector:x', NOW).search

    assert search.having == Conditions(connectors=("x",))
    assert search.lacking == Conditions(statuses=((400, 499),), texts=("timeout", "a b"))


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("15m", NOW - timedelta(minutes=15)),
        ("24h", NOW - timedelta(hours=24)),
        ("7d", NOW - timedelta(days=7)),
        ("08:15", NOW.replace(hour=8, minute=15)),
        ("today", NOW.replace(hour=0, minute=0)),
        ('"yesterday 14:00"', datetime(2026, 2, 28, 14, tzinfo=UTC)),
        ("2026-02-01", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-02-01T10:00", datetime(2026, 2, 1, 10, tzinfo=UTC)),
        ("2026-02-01T10:00+02:00", datetime(2026, 2, 1, 8, tzinfo=UTC)),
        ("2026-02-01T10:00:00.250Z", datetime(2026, 2, 1, 10, 0, 0, 250_000, tzinfo=UTC)),
    ],
)
def test_since_takes_moments_as_people_write_them(text: str, since: datetime) -> None:
    assert read_query(f"since:{text}", NOW).search.since == since


def test_until_a_day_is_until_its_end() -> None:
    search = read_query("since:yesterday until:yesterday", NOW).search

    assert (search.since, search.until) == (
        datetime(2026, 2, 28, tzinfo=UTC),
        datetime(2026, 3, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("status:ok stat:401", 11, "there are status, connector"),
        ("status:6x", 1, "status takes ok, failed"),
        ("status:499-400", 1, "status takes"),
        ("took:long", 1, "took takes >1s"),
        ("effect:paint", 1, "effect takes read, search"),
        ("source:fax", 1, "source takes rest, proxy, mcp, a2a"),
        ("since:soon", 1, "yesterday 14:00"),
        ("since:99:99", 1, "takes a moment"),
        ("since:1h since:2h", 10, "once"),
        ("-until:1h", 1, "not excluded"),
        ('customer:"Acme', 1, "not closed"),
        ('"a"b', 1, "not closed, or follow"),
        ("connector:", 1, "needs a value"),
        ("https://x.test", 1, "text in quotes"),
        ("a b c d e f g h i", 17, "up to 8"),
        ("x " * 51, 101, "up to 50 words"),
        ("x" * 2001, 2001, "up to 2000 characters"),
    ],
)
def test_a_word_that_is_not_understood_is_refused_with_its_place_and_what_there_is(
    text: str, place: int, words: str
) -> None:
    with pytest.raises(InvalidLogQuery) as refused:
        read_query(text, NOW)

    (fault,) = refused.value.faults
    assert fault.message.startswith(f"at character {place}:")
    assert words in fault.message


def test_a_filter_is_put_in_the_place_of_another() -> None:
    query = read_query("status:4xx since:1h", NOW)

    assert query.instead(since="7d") == "status:4xx since:7d"
    assert query.instead(since="yesterday 14:00") == 'status:4xx since:"yesterday 14:00"'
