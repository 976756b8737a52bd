"""Dates in requests."""

from datetime import datetime, timedelta

from jackfield.sandbox.iterable import times
from jackfield.sandbox.iterable.refusals import bad_params
from jackfield.sandbox.iterable.state.project import Project


def read_moment(name: str, text: str | None) -> datetime | None:
    """
    Read a date, or none.

    Raises:
        Refusal: it is not a date.
    """
    if not text:
        return None
    try:
        return times.parse(text)
    except ValueError as error:
        msg = f"Invalid {name}: {text}"
        raise bad_params(msg) from error


def send_time(project: Project, text: str | None, *, furthest: timedelta) -> datetime | None:
    """
    Read when to send; the past is allowed and means now.

    Raises:
        Refusal: it is not a date, or too far ahead.
    """
    at = read_moment("sendAt", text)
    if at is not None and at > project.now + furthest:
        msg = f"sendAt must be within {furthest.days} days"
        raise bad_params(msg)
    return at
