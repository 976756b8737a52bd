"""The conduct of the server toward one client, a set of rules for each concern.

The defaults are what the standards say. Behaviors change single rules; see `behaviors`.
"""

from typing import Literal

from msgspec import Struct, field

from jackfield.kit.json import Json


def _none() -> dict[str, str]:
    return {}


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """Rules of one concern. `names` has the names that parameters have instead of the usual."""


class AuthorizeRules(Rules, frozen=True, forbid_unknown_fields=True):
    """How a request to sign a person in has to look."""

    names: dict[str, str] = field(default_factory=_none)
    response_type: str = "code"
    scope_separator: str = " "
    scope_escaped: bool = True
    user_scope: str = ""
    required: dict[str, Json] = field(default_factory=dict[str, Json])
    refuses_empty: bool = False
    pkce: Literal["optional", "required", "refused"] = "optional"
    plain_challenge: bool = False
    nonce_required: bool = False
    # Without these no refresh token is given: parameters, a scope, and parameters when a person
    # has consented before.
    offline: dict[str, str] = field(default_factory=_none)
    offline_scope: str = ""
    consent_again: dict[str, str] = field(default_factory=_none)


class CallbackRules(Rules, frozen=True, forbid_unknown_fields=True):
    """What the browser brings back."""

    names: dict[str, str] = field(default_factory=_none)
    code: Literal["sent", "none", "by_webhook"] = "sent"
    webhook_url: str = ""
    state: Literal["echoed", "missing", "wrong"] = "echoed"
    extra: dict[str, str] = field(default_factory=_none)
    # Empty is missing, and `own` the issuer.
    iss: str = "own"
    error: str = ""
    error_description: str = ""


class TokenRules(Rules, frozen=True, forbid_unknown_fields=True):
    """How a request for tokens has to look, and how the client authenticates."""

    names: dict[str, str] = field(default_factory=_none)
    method: Literal["GET", "POST"] = "POST"
    encoding: Literal["form", "json", "query", "xml"] = "form"
    in_query: list[str] = field(default_factory=list[str])
    required: dict[str, Json] = field(default_factory=dict[str, Json])
    grant_types: dict[str, str] = field(default_factory=_none)
    # Empty is whatever the standards offer to this client.
    authentication: list[str] = field(default_factory=list[str])
    copy_refused: bool = False
    state_echo: bool = False
    assertion_audience: Literal["any", "token_url", "issuer"] = "any"
    assertion_headers: dict[str, str] = field(default_factory=_none)
    # In the place of our own addresses, and of the usual lifetime.
    assertion_audiences: list[str] = field(default_factory=list[str])
    assertion_lifetime: float | None = None
    # Of the certificate that an assertion has to name, by header.
    thumbprints: dict[str, str] = field(default_factory=_none)
    # Of the scopes that there are, those that an assertion may ask for; empty is all.
    authorized_scopes: list[str] = field(default_factory=list[str])
    # Stands for all scopes where a client asks for itself, and is then the one to ask for.
    default_scope: str = ""


class ReplyRules(Rules, frozen=True, forbid_unknown_fields=True):
    """What an answer with tokens, or an error instead of them, looks like."""

    names: dict[str, str] = field(default_factory=_none)
    status: int = 200
    encoding: Literal["json", "form", "xml"] = "json"
    content_type: str = ""
    needs_accept: bool = False
    nested: str = ""
    extra: dict[str, Json] = field(default_factory=dict[str, Json])
    expires_as: Literal[
        "seconds", "string", "float", "milliseconds", "minutes", "epoch", "epoch_ms", "iso",
        "duration", "clock", "missing", "literal",
    ] = "seconds"  # fmt: skip
    expiry: Json = None
    token_type: str | None = "Bearer"  # noqa: S105 - a type
    is_jwt: bool = False
    has_scope: bool = True
    scope_separator: str = " "
    scopes_dropped: int = 0
    has_ok: bool = False
    has_user_token: bool = False
    user_token_lifetime: float | None = None
    error_status: int = 0
    error_extra: dict[str, Json] = field(default_factory=dict[str, Json])
    echoes: bool = False


class RefreshRules(Rules, frozen=True, forbid_unknown_fields=True):
    """How tokens are renewed."""

    token: Literal["rotates", "same", "omitted", "null", "empty"] = "rotates"  # noqa: S105 - a rule
    by: Literal["refresh_token", "access_token"] = "refresh_token"
    same_access_token: bool = False
    path: str = "/token"
    bearer: bool = False
    without_client: bool = False
    required: dict[str, Json] = field(default_factory=dict[str, Json])
    # Refused while more than so many seconds are left.
    margin: float | None = None
    lifetime: float | None = None


class PlaceRules(Rules, frozen=True, forbid_unknown_fields=True):
    """Where the API wants a token."""

    kind: Literal["bearer", "authorization", "header", "query", "cookie"] = "bearer"
    name: str = "Authorization"
    scheme: str = "Bearer"
    # Only tokens of `/session` are taken, not those they were given for.
    session: bool = False


class RevokeRules(Rules, frozen=True, forbid_unknown_fields=True):
    """How a grant is given back."""

    kind: Literal["rfc7009", "unsupported", "bearer", "delete_grant", "delete_token"] = "rfc7009"
    effective: bool = True
    shared: bool = False


class IntrospectRules(Rules, frozen=True, forbid_unknown_fields=True):
    """How a token is introspected."""

    # By the access token itself, as the API takes it, and not by the client.
    bearer: bool = False


class Terms(Rules, frozen=True, forbid_unknown_fields=True):
    """What a client may ask for, and how long things last, in seconds; settings of any client."""

    scopes: list[str] = field(default_factory=list[str])
    access_token_lifetime: float = 3600
    refresh_token_lifetime: float = 30 * 86_400
    code_lifetime: float = 60
    device_lifetime: float = 600
    device_interval: float = 5
    rotation_grace: float = 0
    auto_approve: str = ""


class Conduct(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    authorize: AuthorizeRules = AuthorizeRules()
    callback: CallbackRules = CallbackRules()
    token: TokenRules = TokenRules()
    reply: ReplyRules = ReplyRules()
    refresh: RefreshRules = RefreshRules()
    place: PlaceRules = PlaceRules()
    revoke: RevokeRules = RevokeRules()
    introspect: IntrospectRules = IntrospectRules()
    terms: Terms = Terms()
