"""Bulk answers: 200, with what could not be done listed by the reason."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.refusals import Refusal
from jackfield.sandbox.iterable.state.fields import Admitted
from jackfield.sandbox.iterable.work.profiles import Identity

# The reason a single write would be refused for, and what a bulk answer files it under.
_REASONS: Final = {
    "EmailAlreadyExists": "conflict",
    "UserIdAlreadyExists": "conflict",
    "ForgottenUserError": "forgotten",
    "InvalidEmailAddressError": "invalid",
    "InvalidUserIdError": "invalid",
    "BadParams": "invalid",
    "RequestFieldsTypesMismatched": "invalidData",
    "UnknownEmailError": "notFound",
    "UnknownUserIdError": "notFound",
}
USER_REASONS: Final = ("conflict", "forgotten", "invalidData", "invalid", "notFound")
EVENT_REASONS: Final = ("forgotten", "invalid", "notFound")


@dataclass(slots=True)
class Tally:
    """What has come of a bulk call so far."""

    reasons: Sequence[str]
    succeeded: int = 0
    failed: int = 0
    failures: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    created: dict[str, None] = field(default_factory=dict[str, None])
    filtered_out: dict[str, None] = field(default_factory=dict[str, None])

    def __post_init__(self) -> None:
        self.failures = {
            f"{reason}{kind}": [] for reason in self.reasons for kind in ("Emails", "UserIds")
        }

    def succeed(self, admitted: Admitted | None = None) -> None:
        self.succeeded += 1
        if admitted is not None:
            self.created |= dict.fromkeys(admitted.created)
            self.filtered_out |= dict.fromkeys(admitted.filtered_out)

    def fail(self, who: Identity, refusal: Refusal) -> None:
        """
        Count one failure.

        Raises:
            Refusal: it concerns the whole call, as a clash of events' field types does.
        """
        reason = _REASONS.get(refusal.code)
        if reason not in self.reasons:
            raise refusal
        self.failed += 1
        if who.email:
            self.failures[f"{reason}Emails"].append(who.email)
        elif who.user_id:
            self.failures[f"{reason}UserIds"].append(who.user_id)

    def show(self) -> dict[str, Json]:
        """Return the answer; the two lists beside `failedUpdates` are its former place."""
        return {
            "successCount": self.succeeded,
            "failCount": self.failed,
            "invalidEmails": self.failures["invalidEmails"],
            "invalidUserIds": self.failures["invalidUserIds"],
            "createdFields": list(self.created),
            "filteredOutFields": list(self.filtered_out),
            "failedUpdates": self.failures,
        }
