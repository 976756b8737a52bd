"""Connect sessions: a short pass that lets one origin owner link one account."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType

from jackfield.accounts.models import AccountType
from jackfield.connect.attempts import ConnectionAttempt
from jackfield.kit.errors import Conflict, HubError, InvalidRequest, NotFound
from jackfield.kit.ids import Id, ProfileId, ProjectId
from jackfield.kit.json import Json
from jackfield.kit.secret import Token

# A number, because the protocol says so; small enough to be exact in JavaScript.
ConnectSessionId = NewType("ConnectSessionId", int)
_ID_BITS: Final = 53

SHORTEST_SECONDS: Final = 10
LONGEST_SECONDS: Final = 30 * 24 * 3600
MOST_ATTEMPTS: Final = 20
DEFAULT_SECONDS: Final = 1800


class FrameId(Id, prefix="frm"):
    """The id of the frame in one page that shows the Hub; no secret."""

    __slots__ = ()


class ConnectToken(Token, prefix="jf_ct_"):
    """The bearer half of a connect session."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class SessionTerms:
    """The rights of a connect session's holder, as the project's own software requested them.

    `account_id` is an account to link again. Without it, an origin owner who already has an account
    with the provider edits that one, unless `multiple`; with `relink` no new one can be linked.
    `scopes` is stored as it was sent. `actions` are the only ones that the account may run, if any
    are named. `allowed_origins` restrict those that may frame the Hub.
    """

    origin_owner_id: str
    origin_owner_name: str
    origin_username: str | None = None
    provider: str | None = None
    categories: tuple[str, ...] = ()
    profile_id: ProfileId | None = None
    account_id: str | None = None
    multiple: bool = False
    relink: bool = False
    scopes: Json = None
    actions: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    label: str | None = None
    type: AccountType = AccountType.PRODUCTION
    shared: bool = False
    metadata: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class ConnectSession:
    """
    A connect session: it ends with the first account it links.

    `external_trigger_token` identifies it in what forms ask people to set up at the provider.
    """

    id: ConnectSessionId
    terms: SessionTerms
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    linked_account_id: str | None = None
    pending_link_id: str | None = None
    revoked_at: datetime | None = None
    external_trigger_token: str | None = None
    latest_attempt: ConnectionAttempt | None = None
    attempts: int = 0

    def require_unused(self) -> None:
        """
        Raise if the session has been used or revoked.

        Raises:
            ConnectSessionUsed: it has linked its account.
            ConnectSessionRevoked: it was revoked.
        """
        if self.used_at is not None:
            raise ConnectSessionUsed
        if self.revoked_at is not None:
            raise ConnectSessionRevoked

    def require_open(self, now: datetime) -> None:
        """
        Raise unless the session can be used.

        Raises:
            ConnectSessionUsed, ConnectSessionRevoked: as `require_unused`.
            ConnectSessionExpired: it has expired.
        """
        self.require_unused()
        if self.expires_at <= now:
            raise ConnectSessionExpired

    def require_attempt(self) -> None:
        """
        Raise if the session may not try to link again.

        Raises:
            TooManyAttempts: it has had as many attempts as it may have.
        """
        if self.attempts >= MOST_ATTEMPTS:
            raise TooManyAttempts


@dataclass(frozen=True, slots=True)
class Frame:
    """The grant for a page of `origin` to show the Hub."""

    id: FrameId
    project_id: ProjectId
    session_id: int
    origin: str
    expires_at: datetime


def new_session_id() -> ConnectSessionId:
    return ConnectSessionId(secrets.randbits(_ID_BITS))


class ConnectSessionNotFound(NotFound):
    """No connect session with this id or token, or it has ended."""

    code = "connect_session_not_found"


class ConnectTokenInvalid(HubError):
    """This is not the token of a connect session."""

    # 401 for all three, because the published Hub takes it for "this session is over" and
    # anything else for a failure to retry.
    code = "connect_token_invalid"
    status = 401


class ConnectSessionExpired(HubError):
    """The connect session has expired. Ask for a new link."""

    code = "connect_session_expired"
    status = 401


class ConnectSessionUsed(HubError):
    """The connect session has already linked an account. Ask for a new link to link another."""

    code = "connect_session_used"
    status = 401


class ConnectSessionRevoked(HubError):
    """The connect session was revoked. Ask for a new link."""

    code = "connect_session_revoked"
    status = 401


class ConnectSessionEnded(Conflict):
    """The connect session has linked its account already."""

    code = "connect_session_ended"


class TooManyAttempts(Conflict):
    """The connect session has had as many attempts to link as it may have. Ask for a new link."""

    # Not 401, which the published Hub takes without a word, and not 429: waiting does not help.
    code = "too_many_attempts"


class OriginNotAllowed(HubError):
    """This origin may not show the project's Hub."""

    code = "origin_not_allowed"
    status = 403


class IdentityChanged(Conflict):
    """The credentials belong to another account at the provider than the one linked until now."""

    code = "identity_changed"


class LinkedMeanwhile(Conflict):
    """The account's credentials changed during verification. Read the account again and retry."""

    code = "linked_meanwhile"


class InvalidFields(InvalidRequest):
    """The form has fields that are missing or invalid."""

    code = "invalid_fields"


class SignInUnsupported(HubError):
    """This hub cannot sign in at a provider yet; link with another way to authenticate."""

    code = "sign_in_not_offered"
    status = 501


class SignInRequired(Conflict):
    """This way to authenticate needs a sign-in at the provider: start one instead."""

    code = "sign_in_required"


class SecretsToRetype(InvalidFields):
    """The address that the account's secrets are sent to has changed. Type them again."""
