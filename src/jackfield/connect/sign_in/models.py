"""Sign-ins: linking an account by way of the provider's own sign-in page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from jackfield.connect.attempts import AttemptStatus, ConnectionAttemptId
from jackfield.kit.errors import Conflict, HubError, NotFound
from jackfield.kit.ids import ProfileId, ProjectId
from jackfield.kit.secret import Token

# Long enough to find a second factor, or to ask a colleague.
LIFETIME: Final = timedelta(minutes=15)
# Longer than an exchange takes with all that follows: one that takes longer has died with its process.
_EXCHANGE: Final = timedelta(minutes=5)


class StartKey(Token, prefix="jf_go_"):
    """Opens a prepared sign-in once: the only thing about it that is in a URL of the hub."""

    __slots__ = ()


class State(Token, prefix="jf_st_"):
    """The `state` of OAuth: the provider's answer is recognized by it."""

    __slots__ = ()


class BrowserKey(Token, prefix="jf_br_"):
    """The browser that started a sign-in, by its cookie."""

    __slots__ = ()


class Stage(StrEnum):
    """How far a sign-in is.

    It is `prepared` until the browser is sent to the provider, `started` until it comes back,
    `awaiting` while the provider still has to send the code, `redeeming` while that is exchanged,
    `choosing` while its user chooses one of several tenants, then `ended`.
    """

    PREPARED = "prepared"
    STARTED = "started"
    AWAITING = "awaiting"
    REDEEMING = "redeeming"
    CHOOSING = "choosing"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SignIn:
    """
    A sign-in of a connect session's holder, and its end.

    An attempt that was only announced has no connector yet.
    `account_id` is an account that is linked again. `scopes_missing` are those that were asked for
    and not granted. The provider may be asked about a code from `poll_at` on.
    """

    id: ConnectionAttemptId
    project_id: ProjectId
    session_id: int
    connector_key: str | None
    profile_id: ProfileId | None
    account_id: str | None
    stage: Stage
    status: AttemptStatus
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    error_code: str | None = None
    error_description: str | None = None
    linked_account_id: str | None = None
    pending_link_id: str | None = None
    scopes_missing: tuple[str, ...] = ()
    poll_at: datetime | None = None
    poll_seconds: int = 0

    def status_at(self, now: datetime) -> AttemptStatus:
        """Return the status at `now`: one that waits longer than it may has expired."""
        if self.stage is Stage.ENDED:
            return self.status
        is_redeeming = self.stage is Stage.REDEEMING
        until = self.updated_at + _EXCHANGE if is_redeeming else self.expires_at
        return AttemptStatus.EXPIRED if until <= now else self.status

    def is_waiting_at(self, now: datetime, stage: Stage) -> bool:
        """Tell whether the user is still expected to end `stage`."""
        return self.stage is stage and self.status_at(now) is AttemptStatus.PENDING


@dataclass(frozen=True, slots=True)
class SignInStart:
    """
    Where the browser goes, and the cookie that binds the sign-in to it.

    Without a `url`, it goes to the sign-in's own page, which shows a code.
    """

    sign_in: SignIn
    url: str | None
    browser: BrowserKey


class SignInNotFound(NotFound):
    """This sign-in is not known. Open the form again and start over."""

    code = "sign_in_not_found"


class SignInExpired(HubError):
    """The sign-in took too long. Open the form again and start over."""

    code = "sign_in_expired"
    status = 410


class SignInUsed(Conflict):
    """This sign-in was started or answered already."""

    # Its context names the sign-in.
    code = "sign_in_used"


class OtherBrowser(HubError):
    """The sign-in was started in another browser. Finish it there, or start over here."""

    code = "sign_in_other_browser"
    status = 403


class SignInDenied(HubError):
    """Access was not allowed on the provider's page."""

    code = "access_denied"
    status = 400


class SignInNotApproved(HubError):
    """Somebody at the provider still has to approve the access. Start over when that is done."""

    code = "sign_in_not_approved"
    status = 409


class NoTenant(HubError):
    """The sign-in gives access to no organization at the provider; sign in as a member of one."""

    code = "sign_in_without_tenant"
    status = 400


class TenantNotFound(NotFound):
    """The sign-in does not give access to this organization; choose another."""

    code = "sign_in_tenant_not_found"


class SignInFailed(HubError):
    """The provider did not sign in."""

    code = "sign_in_failed"
    status = 502
