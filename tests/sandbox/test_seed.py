"""What a project starts with."""

from collections import Counter

import pytest

from jackfield.kit.json import DecodeError
from jackfield.sandbox.iterable.app import build_app
from jackfield.sandbox.iterable.regions import Region
from jackfield.sandbox.iterable.seed.document import Seed
from jackfield.sandbox.iterable.seed.files import parse_seeds
from tests.sandbox.client import Client
from tests.support.clock import FrozenClock


def test_the_usual_project_is_the_same_every_time(clock: FrozenClock) -> None:
    def everything() -> list[str]:
        client = Client(build_app(Region.US, clock=clock))
        paths = (
            "/api/export/data.json?dataTypeName=user&range=All",
            "/api/export/data.json?dataTypeName=emailSend&range=All",
            "/api/campaigns",
            "/api/templates",
        )
        return [client.get(path).text for path in paths]

    assert everything() == everything()


def test_people_are_invented_and_live_on_example_domains(us: Client, eu: Client) -> None:
    for client in (us, eu):
        users = list(client.app.sandbox.project.users)

        emails = {user.email for user in users}
        assert len(users) == len(emails) == 200
        assert all("example." in email for email in emails)
        assert len({user.fields["firstName"] for user in users}) > 25


def test_the_regions_have_people_and_projects_of_their_own(us: Client, eu: Client) -> None:
    def emails(client: Client) -> set[str | None]:
        return {user.email for user in client.app.sandbox.project.users}

    assert not emails(us) & emails(eu)
    assert us.app.sandbox.project.facts.project_id != eu.app.sandbox.project.facts.project_id


def test_every_seeded_value_has_the_type_its_field_is_declared_with(us: Client) -> None:
    project = us.app.sandbox.project
    for user in project.users:
        project.user_fields.admit(user.fields)


def test_each_of_the_four_usual_media_has_a_channel_and_a_message_type(us: Client) -> None:
    channels = us.get("/api/channels").json["channels"]
    types = us.get("/api/messageTypes").json["messageTypes"]

    by_medium = {channel["messageMedium"]: channel["id"] for channel in channels}
    assert {"Email", "Push", "SMS", "InApp"} <= set(by_medium)
    assert set(by_medium.values()) <= {each["channelId"] for each in types}


@pytest.mark.slow
def test_a_hundred_thousand_users_load_in_seconds_and_page_fast(clock: FrozenClock) -> None:
    client = Client(build_app(Region.US, clock=clock, seed=Seed(users=100_000)))

    users = client.app.sandbox.project.users
    emails = Counter(user.email for user in users)
    assert len(users) == 100_000
    assert emails.most_common(1)[0][1] == 1
    assert client.get("/api/lists/30001/size").text == "100000"
    assert len(client.get("/api/lists/getUsers?listId=30001").text.splitlines()) == 100_000


def test_a_seed_file_is_for_both_regions_or_for_each() -> None:
    both = parse_seeds(b'{"users": 5}')
    each = parse_seeds(b'{"eu": {"users": 7}}')

    assert (both.us.users, both.eu.users) == (5, 5)
    assert (each.us.users, each.eu.users) == (200, 7)


@pytest.mark.parametrize("text", [b"[]", b"{", b'{"people": 5}', b'{"us": {"people": 5}}'])
def test_what_is_no_seed_is_refused(text: bytes) -> None:
    with pytest.raises(DecodeError):
        parse_seeds(text)
