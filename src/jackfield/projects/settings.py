"""Project settings: branding, allowed origins, retention."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from jackfield.kit.errors import Fault, InvalidRequest
from jackfield.kit.urls import split_origin
from jackfield.language import catalog as language
from jackfield.projects.allowed_networks import MOST_NETWORKS, normal_network
from jackfield.projects.correlation_headers import (
    LONGEST_NAME,
    MOST_HEADERS,
    is_correlation_header,
)
from jackfield.projects.redacted_fields import LONGEST_NAME as LONGEST_FIELD_NAME
from jackfield.projects.redacted_fields import MOST_FIELDS, is_field_name, normal_name

DEFAULT_RETENTION_DAYS: Final = 30
LONGEST_RETENTION_DAYS: Final = 400
SHORTEST_UNUSED_DAYS: Final = 2
LONGEST_UNUSED_DAYS: Final = 730
_MOST_ORIGINS: Final = 100
_MOST_COLORS: Final = 60
_LONGEST_URL: Final = 2048
_LONGEST_STRING: Final = 1000

_TOKEN: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
# No color ends a declaration or loads anything, so it is safe in a style sheet.
_COLOR: Final = re.compile(
    r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})|[a-z]{3,30}"
    r"|(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch)\([0-9a-z .,%/+-]{1,60}\)",
    re.IGNORECASE,
)
_BLANK: Final = re.compile(r"[\x00-\x20]")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class RetentionKind(StrEnum):
    """What can be kept for another time than runs are."""

    BODIES = "bodies"
    REQUESTS = "requests"
    WEBHOOKS = "webhooks"
    SESSIONS = "sessions"
    ISSUES = "issues"


class Freeze(StrEnum):
    """Which API keys are disabled when a decoy is used: none, the one that did, or all."""

    NOTHING = "nothing"
    KEY = "key"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """
    A project's settings.

    `display_name`, `logo_url` and `colors` (CSS colors by name) are shown to people who link
    accounts; a `white_label` project shows nothing of the hub's own. `allowed_origins` may frame
    its Hub, and `strings` replace texts of the Hub, by language and key. With `confirm_links` what
    is linked in the Hub waits until the project's software has confirmed it. Logs are kept for
    `retention_days`, or for the days that `retention` has for their kind, with bodies and headers
    only if `advanced_logs`. With `tool_feedback` models
    get a tool to rate the others. With `check_accounts` credentials are verified about daily. Accounts
    that nobody uses for `suspend_unused_days` are suspended. When a decoy is used, `honeytoken_freeze`
    says which API keys are disabled. Of a request
    that runs an action its `correlation_headers` are kept, to find the run by. With
    `allowed_networks` its keys and its dashboard are used from there alone. In the log of runs, the
    values of `redacted_fields` are masked as secrets are.
    """

    name: str
    display_name: str | None = None
    logo_url: str | None = None
    colors: Mapping[str, str] = field(default_factory=dict[str, str])
    white_label: bool = False
    allowed_origins: tuple[str, ...] = ()
    confirm_links: bool = False
    strings: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    retention_days: int = DEFAULT_RETENTION_DAYS
    retention: Mapping[str, int] = field(default_factory=dict[str, int])
    advanced_logs: bool = False
    tool_feedback: bool = False
    check_accounts: bool = True
    suspend_unused_days: int | None = None
    honeytoken_freeze: Freeze = Freeze.NOTHING
    correlation_headers: tuple[str, ...] = ()
    allowed_networks: tuple[str, ...] = ()
    redacted_fields: tuple[str, ...] = ()

    def days_kept(self, kind: RetentionKind | None = None) -> int:
        """Return for how many days runs are kept, or another kind; bodies go with their runs."""
        days = (
            self.retention_days if kind is None else self.retention.get(kind, self.retention_days)
        )
        return min(days, self.retention_days) if kind == RetentionKind.BODIES else days

    def allows_origin(self, origin: str) -> bool:
        """Return whether a page of `origin` may frame the project's Hub."""
        return allows_origin(self.allowed_origins, origin)


def allows_origin(allowed_origins: Iterable[str], origin: str) -> bool:
    """Return whether `origin` is one of the allowed ones, of which some may begin with `*.`."""
    normal = normal_origin(origin)
    if normal is None or "*" in normal:
        return False
    scheme, _, host = normal.partition("://")
    for allowed in allowed_origins:
        if allowed == normal:
            return True
        allowed_scheme, _, pattern = allowed.partition("://")
        if pattern.startswith("*.") and scheme == allowed_scheme and host.endswith(pattern[1:]):
            return True
    return False


def checked(settings: ProjectSettings) -> ProjectSettings:
    """
    Return `settings` in the form they are stored in.

    Raises:
        InvalidRequest: some are invalid; all are named.
    """
    faults = [*_faults(settings)]
    if faults:
        raise InvalidRequest.of(faults)
    headers = (name.strip().lower() for name in settings.correlation_headers)
    networks = map(normal_network, settings.allowed_networks)
    origins = (normal_origin(origin) for origin in settings.allowed_origins)
    return replace(
        settings,
        allowed_origins=tuple(dict.fromkeys(origin for origin in origins if origin)),
        correlation_headers=tuple(dict.fromkeys(headers)),
        allowed_networks=tuple(dict.fromkeys(each for each in networks if each)),
        redacted_fields=tuple(dict.fromkeys(map(normal_name, settings.redacted_fields))),
    )


def _faults(settings: ProjectSettings) -> Iterator[Fault]:
    if settings.logo_url is not None and not _is_web_address(settings.logo_url):
        yield Fault("branding.logo_url", "expected the http(s) address of an image")
    if len(settings.colors) > _MOST_COLORS:
        yield Fault("branding.colors", f"expected at most {_MOST_COLORS}")
    for name, color in settings.colors.items():
        if not _TOKEN.fullmatch(name):
            yield Fault("branding.colors", "expected names such as `accent` or `page-background`")
        elif not _COLOR.fullmatch(color.strip()):
            yield Fault(f"branding.colors.{name}", "expected a CSS color such as #0a7 or oklch(…)")
    if len(settings.allowed_origins) > _MOST_ORIGINS:
        yield Fault("allowed_origins", f"expected at most {_MOST_ORIGINS}")
    yield from _string_faults(settings.strings)
    yield from _retention_faults(settings.retention)
    unused = settings.suspend_unused_days
    if unused is not None and not SHORTEST_UNUSED_DAYS <= unused <= LONGEST_UNUSED_DAYS:
        words = f"expected {SHORTEST_UNUSED_DAYS} to {LONGEST_UNUSED_DAYS} days, or null"
        yield Fault("suspend_unused_days", words)
    yield from _header_faults(settings.correlation_headers)
    yield from _network_faults(settings.allowed_networks)
    yield from _field_faults(settings.redacted_fields)
    for index, origin in enumerate(settings.allowed_origins):
        if normal_origin(origin) is None:
            yield Fault(
                f"allowed_origins[{index}]",
                "expected an origin such as https://app.example.com or https://*.example.com",
            )


def _retention_faults(retention: Mapping[str, int]) -> Iterator[Fault]:
    for kind, days in retention.items():
        if kind not in list(RetentionKind):
            yield Fault(f"retention.{kind}", f"expected one of {', '.join(RetentionKind)}")
        elif not 1 <= days <= LONGEST_RETENTION_DAYS:
            yield Fault(f"retention.{kind}", f"expected 1 to {LONGEST_RETENTION_DAYS} days")


def _header_faults(names: Sequence[str]) -> Iterator[Fault]:
    if len(names) > MOST_HEADERS:
        yield Fault("correlation_headers", f"expected at most {MOST_HEADERS}")
    for index, name in enumerate(names):
        if not is_correlation_header(name.strip().lower()):
            yield Fault(
                f"correlation_headers[{index}]",
                "expected the name of a header without secrets that begins with x-, such as "
                f"x-correlation-id, of up to {LONGEST_NAME} characters",
            )


def _network_faults(networks: Sequence[str]) -> Iterator[Fault]:
    if len(networks) > MOST_NETWORKS:
        yield Fault("allowed_networks", f"expected at most {MOST_NETWORKS}")
    for index, network in enumerate(networks):
        if normal_network(network) is None:
            yield Fault(
                f"allowed_networks[{index}]",
                "expected a network or an address, such as 203.0.113.0/24 or 2001:db8::/32",
            )


def _field_faults(names: Sequence[str]) -> Iterator[Fault]:
    if len(names) > MOST_FIELDS:
        yield Fault("redacted_fields", f"expected at most {MOST_FIELDS}")
    for index, name in enumerate(names):
        if not is_field_name(normal_name(name)):
            yield Fault(
                f"redacted_fields[{index}]",
                f"expected the name of a field, such as birthday, of up to {LONGEST_FIELD_NAME} "
                "characters",
            )


def _string_faults(strings: Mapping[str, Mapping[str, str]]) -> Iterator[Fault]:
    known = language.keys()
    for code, texts in strings.items():
        if code not in language.CODES:
            yield Fault(f"strings.{code}", f"expected one of {', '.join(language.CODES)}")
            continue
        for key, text in texts.items():
            path = f"strings.{code}.{key}"
            if key not in known:
                yield Fault(path, "the Hub has no text with this key")
            elif len(text) > _LONGEST_STRING:
                yield Fault(path, f"expected at most {_LONGEST_STRING} characters")
            elif unknown := language.placeholders(text) - language.placeholders(
                language.default_text(key)
            ):
                yield Fault(path, f"unknown placeholder {{{min(unknown)}}}")


def _is_web_address(text: str) -> bool:
    if len(text) > _LONGEST_URL or _BLANK.search(text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and "@" not in parts.netloc


def normal_origin(text: str) -> str | None:
    """Return an origin as browsers write it, or `None` if it is none. `*.` may begin the host."""
    scheme, separator, rest = text.strip().lower().partition("://")
    wildcard = "*." if rest.startswith("*.") else ""
    parts = split_origin(scheme + separator + rest.removeprefix(wildcard))
    if parts is None or parts[1].strip("/"):
        return None
    return f"{parts[0].scheme}://{wildcard}{parts[0].authority}"
