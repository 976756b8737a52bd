"""Patience with key services: a few attempts, each for a bounded time."""

import time
from collections.abc import Callable
from threading import Thread
from typing import Final, TypeVar

from jackfield.vault.key_services.port import KeyServiceAway

T = TypeVar("T")

# Between attempts, in seconds.
PAUSES: Final[tuple[float, ...]] = (0.5, 1.5)
# For an attempt with its sign-in; no client may take longer, and a hardware module has no limit.
ATTEMPT_SECONDS: Final = 15.0


def asked(title: str, question: Callable[[], T]) -> T:
    """
    Return the answer of a service, which is asked again while it is away.

    Raises:
        KeyServiceAway: it was away each time.
    """
    for pause in PAUSES:
        try:
            return _within(title, question)
        except KeyServiceAway:
            time.sleep(pause)
    return _within(title, question)


def _within(title: str, question: Callable[[], T]) -> T:
    answers: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(question())
        except BaseException as error:  # noqa: BLE001 - raised below, in the thread that waits
            errors.append(error)

    # One that is given up ends with the process.
    thread = Thread(target=run, name="key-service", daemon=True)
    thread.start()
    thread.join(ATTEMPT_SECONDS)
    if errors:
        raise errors[0]
    if not answers:
        msg = f"{title} did not answer within {ATTEMPT_SECONDS:.0f} seconds"
        raise KeyServiceAway(msg)
    return answers[0]
