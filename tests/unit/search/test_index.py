import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.search.index import Entry, Index
from jackfield.search.spelling import distance
from jackfield.search.words import query_words, words


def entry(name: str, description: str = "", *, connector: str = "acme") -> Entry:
    label = name.replace("_", " ").capitalize()
    return Entry(f"{connector}_{name}", connector, connector.title(), name, label, description)


INDEX = Index(
    [
        entry("list_users", "List the people of the workspace."),
        entry("get_user", "Get one person by id."),
        entry("create_user", "Add a person."),
        entry("upsert_user", "Create or update a person."),
        entry("delete_user", "Remove a person for good."),
        entry("bulk_delete_users", "Remove several people."),
        entry("send_in_app_message", "Show a message inside the app."),
        entry("send_push", "Send a push notification."),
        entry("getURLs", "Get addresses."),
        entry("list_users", "List users.", connector="other"),
    ]
)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("list users in acme", "acme_list_users"),
        ("fetch a user", "acme_get_user"),
        ("remove a user", "acme_delete_user"),
        ("get rid of a user", "acme_delete_user"),
        ("remove many users", "acme_bulk_delete_users"),
        ("make a new user", "acme_create_user"),
        ("create or update a user", "acme_upsert_user"),
        ("delte usr", "acme_delete_user"),
        ("deleteUser", "acme_delete_user"),
        ("inapp mesage", "acme_send_in_app_message"),
        ("in-app message", "acme_send_in_app_message"),
        ("users of other", "other_list_users"),
        ("adduser", "acme_create_user"),
        ("deleteuser", "acme_delete_user"),
        ("url", "acme_getURLs"),
        ("urls", "acme_getURLs"),
    ],
)
def test_an_action_is_found_by_what_somebody_calls_it(asked: str, wanted: str) -> None:
    best = INDEX.search(asked)[0]

    assert best.id == wanted


def test_only_the_connectors_asked_for_are_searched() -> None:
    found = INDEX.search("list users", connectors=["other"])

    assert [hit.id for hit in found] == ["other_list_users"]
    assert INDEX.search("list users", connectors=["nobody"]) == []


def test_the_same_question_gets_the_same_answer() -> None:
    again = Index(
        [
            entry("list_users", "List the people of the workspace."),
            entry("get_user", "Get one person by id."),
        ]
    )

    assert again.search("people") == again.search("people")
    assert again.search("people")[0].id == "acme_list_users"


@given(st.text(max_size=200))
def test_any_text_at_all_is_an_answerable_question(text: str) -> None:
    for hit in INDEX.search(text):
        assert 0 <= hit.similarity <= 1


@pytest.mark.parametrize(
    "asked",
    [
        "create a jira issue",
        "delete a github repository",
        "send a fax",
        "undo the thing from yesterday",
        "a",
        "the",
        "do it",
        "人を追加",
    ],
)
def test_what_no_action_is_about_finds_none(asked: str) -> None:
    assert [hit.id for hit in INDEX.search(asked) if hit.similarity >= 0.3] == []


def test_words_that_no_action_has_are_named() -> None:
    assert INDEX.unmatched("send a gmail push to pizza users") == ["gmail", "pizza"]
    assert INDEX.unmatched("push", connectors=["other"]) == ["push"]
    assert INDEX.unmatched("delte the user") == ["delte"]


def test_an_empty_catalog_has_no_answers() -> None:
    assert Index([]).search("anything") == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("list_user_fields", ["list", "user", "fields"]),
        ("listUserFields", ["list", "user", "fields"]),
        ("HTTPHeader", ["http", "header"]),
        ("getURLs", ["get", "urls"]),
        ("getUserIDs", ["get", "user", "ids"]),
        ("listURLsOfUser", ["list", "urls", "of", "user"]),
        ("SSHSession", ["ssh", "session"]),
        ("in-app e-mail opt out", ["inapp", "email", "optout"]),
        ("the user's name", ["the", "user", "name"]),
    ],
)
def test_names_are_split_into_words(text: str, parts: list[str]) -> None:
    assert words(text) == parts


def test_verbs_of_two_words_are_one() -> None:
    assert query_words("please turn off the campaign") == ["deactivate", "campaign"]
    assert query_words("take a user off the list") == ["remove", "user", "list"]


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("user", "user", 0),
        ("usr", "user", 1),
        ("uesr", "user", 1),
        ("users", "user", 1),
        ("a", "xyz", 3),
    ],
)
def test_edits_between_words_are_counted(one: str, other: str, edits: int) -> None:
    assert distance(one, other, most=5) == edits


def test_the_verb_decides_among_more_actions_than_are_looked_at_twice() -> None:
    index = Index(
        entry(f"{verb}_user", connector=f"acme{number}")
        for number in range(100)
        for verb in ("archive", "get", "update", "delete")
    )

    found = index.search("delete a user", most=100)

    assert {hit.id.rpartition("_")[0].rpartition("_")[2] for hit in found} == {"delete"}
