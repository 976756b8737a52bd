"""Exports: streams, and jobs that make files."""

import csv
import io

import pytest

from tests.sandbox.client import Answer, Client
from tests.sandbox.examples import AVERY, TRIGGERED
from tests.support.clock import FrozenClock

STREAM = "/api/export/data.json"
USERS = {"dataTypeName": "user", "outputFormat": "application/x-json-stream"}


def stream(client: Client, **query: object) -> Answer:
    client.app.sandbox.buckets.clear()
    return client.get(STREAM, **query)


def start(client: Client, clock: FrozenClock, **fields: object) -> int:
    clock.advance(seconds=2)
    return client.post("/api/export/start", {**USERS, **fields}).json["jobId"]


def files(client: Client, clock: FrozenClock, job: int, **query: object) -> dict:
    clock.advance(seconds=2)
    return client.get(f"/api/export/{job}/files", **query).json


def test_users_are_streamed_one_a_line(us: Client) -> None:
    answer = stream(us, dataTypeName="user", range="All")

    assert answer.headers["content-type"] == "application/x-json-stream"
    assert len(answer.lines) == 200
    assert answer.lines[0]["email"] == AVERY


def test_a_range_selects_by_day_and_two_moments_by_the_second(us: Client) -> None:
    us.post("/api/events/track", {"email": AVERY, "eventName": "now"})

    def count(**query: object) -> int:
        return len(stream(us, dataTypeName="customEvent", **query).lines)

    everything = count(range="All")
    assert count() == count(range="Today") == 2
    assert count(range="BeforeToday") == everything - 2
    assert count(range="Yesterday") < everything
    until = {"startDateTime": "2026-03-01 09:00:00", "endDateTime": "2026-03-01 09:30:00"}
    assert count(**until) == 0
    assert count(startDateTime="2026-03-01 09:30:00 +00:00") == 1


def test_fields_are_chosen_and_left_out(us: Client) -> None:
    query = {"dataTypeName": "user", "range": "All"}

    only = stream(us, **query, onlyFields=["email", "plan"]).lines[0]
    less = stream(us, **query, omitFields="email,plan").lines[0]

    assert set(only) == {"email", "plan"}
    assert not {"email", "plan"} & set(less)


def test_an_export_is_narrowed_to_a_campaign(us: Client) -> None:
    query = {"dataTypeName": "emailSend", "range": "All"}

    assert len(stream(us, **query, campaignId=TRIGGERED["email"]).lines) == 60
    assert stream(us, **query, campaignId=42).lines == []


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"dataTypeName": "gossip"},
        {"dataTypeName": "user", "range": "Tomorrow"},
        {"dataTypeName": "user", "startDateTime": "soon"},
    ],
)
def test_an_export_of_nothing_known_is_refused(us: Client, query: dict[str, str]) -> None:
    assert stream(us, **query).status == 400


def test_csv_has_a_column_for_every_field_of_any_row(us: Client) -> None:
    us.post("/api/users/update", {"email": "new@example.com", "dataFields": {"novel": {"a": 1}}})

    answer = us.get("/api/export/data.csv", dataTypeName="user", range="All", delimiter=";")

    rows = list(csv.DictReader(io.StringIO(answer.text), delimiter=";"))
    assert len(rows) == 201
    assert rows[-1]["novel"] == '{"a":1}'
    assert rows[0]["novel"] == ""
    assert rows[0]["email"] == AVERY


def test_a_stream_is_compressed_for_those_who_take_that(us: Client) -> None:
    query = {"dataTypeName": "user", "range": "All"}

    plain = stream(us, **query)
    us.app.sandbox.buckets.clear()
    packed = us.call("GET", STREAM, query=query, headers={"accept-encoding": "gzip"})

    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.body) < len(plain.body) / 3
    assert packed.text == plain.text


def test_one_users_events_come_without_custom_ones_unless_asked(us: Client) -> None:
    system = us.get("/api/export/userEvents", email=AVERY).lines
    everything = us.get("/api/export/userEvents", email=AVERY, includeCustomEvents="true").lines

    assert "customEvent" not in {event["eventType"] for event in system}
    assert len(everything) > len(system) > 0


def test_a_job_runs_and_its_file_is_downloaded_without_a_key(
    us: Client, clock: FrozenClock
) -> None:
    job = start(us, clock)
    running = files(us, clock, job)
    done = files(us, clock, job)

    assert (running["jobState"], running["files"]) == ("running", [])
    assert (done["jobState"], done["exportTruncated"]) == ("completed", False)
    link = done["files"][0]["url"].removeprefix("http://test")
    assert len(us.raw("GET", link).lines) == 200
    (listed,) = us.get("/api/export/jobs", jobState="Completed").json["jobs"]
    assert listed["bytesExported"] > 50_000


def test_a_link_lasts_half_an_hour_and_cannot_be_changed(us: Client, clock: FrozenClock) -> None:
    job = start(us, clock)
    clock.advance(seconds=3)
    link = files(us, clock, job)["files"][0]["url"].removeprefix("http://test")

    clock.advance(minutes=31)

    assert us.raw("GET", link).status == 403
    assert us.raw("GET", link.replace("expires=1", "expires=2")).status == 403
    assert us.raw("GET", "/__sandbox__/files/nonsense").status == 403


def test_at_most_four_jobs_run_and_the_next_one_waits(us: Client, clock: FrozenClock) -> None:
    us.patch("/__sandbox__/settings", {"rateLimits": False})
    for _ in range(6):
        us.post("/api/export/start", USERS)

    def states() -> list[str]:
        return [job["jobState"] for job in us.get("/api/export/jobs").json["jobs"]]

    assert states() == ["running"] * 4 + ["enqueued"] * 2
    clock.advance(seconds=3)
    assert states() == ["completed"] * 4 + ["running"] * 2
    us.delete("/api/export/80005")
    assert states()[4] == "cancelled"


def test_a_canceled_job_lets_the_next_one_run(us: Client, clock: FrozenClock) -> None:
    us.patch("/__sandbox__/settings", {"rateLimits": False})
    for _ in range(5):
        us.post("/api/export/start", USERS)

    us.delete("/api/export/80001")

    assert [job["id"] for job in us.get("/api/export/jobs", jobState="queued").json["jobs"]] == []
    assert us.delete("/api/export/80001").status == 400
    clock.advance(seconds=1)
    assert us.delete("/api/export/42").status == 404


def test_files_are_at_most_ten_megabytes_and_paged_by_name(clock: FrozenClock, us: Client) -> None:
    us.post("/__sandbox__/seed", {"users": 25_000})
    job = start(us, clock)
    clock.advance(seconds=3)

    everything = files(us, clock, job)["files"]
    rest = files(us, clock, job, startAfter=everything[0]["file"])["files"]

    contents = us.app.sandbox.project.jobs.find(job).files.values()
    assert len(everything) == len(contents) == 2
    assert all(len(content) <= 10_000_000 for content in contents)
    assert [each["file"] for each in rest] == [everything[1]["file"]]
    lines = b"".join(contents).count(b"\n")
    assert lines == 25_000


def test_job_states_are_capitalized_where_the_settings_say_so(
    us: Client, clock: FrozenClock
) -> None:
    us.patch("/__sandbox__/settings", {"capitalizeJobStates": True})

    job = start(us, clock)

    assert files(us, clock, job)["jobState"] == "Running"


def test_a_job_state_that_is_none_is_refused(us: Client) -> None:
    assert us.get("/api/export/jobs", jobState="asleep").status == 400
