"""Comparison of a connector with an API description, such as the provider's newest one."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from jackfield.connectors.changes import Change, Weight
from jackfield.connectors.connector import Connector
from jackfield.connectors.drift.addresses import fits, is_among, likeness
from jackfield.connectors.drift.publication import Body, Published, read_published
from jackfield.connectors.drift.requests import Sent, SentRequest, requests_of
from jackfield.connectors.drift.shapes import (
    Difference,
    difference_of_needed,
    differences,
    field_differences,
    missing,
)
from jackfield.connectors.openapi.document import OpenApi
from jackfield.connectors.openapi.names import snake_case
from jackfield.connectors.openapi.paging import says_where
from jackfield.connectors.openapi.schemas import one_line
from jackfield.kit.json import Json, items, text

_VERSION: Final = re.compile(r"/(?:v\d[\w.]*|\d[\d.-]*)(?=/|$)")
_LONGEST: Final = 80


def find_drift(connector: Connector, documents: Iterable[Mapping[str, Json]]) -> list[Change]:
    """
    Return how a connector differs from what its provider publishes, what breaks first.

    Operations are the same if method and path are, with the path of the server before it and
    whatever the names of the variables in it. Areas are `actions`, `inputs`, `content`, `scopes`,
    `hosts` and `operations`.
    """
    published = [each for root in documents for each in read_published(OpenApi(root))]
    used: set[int] = set()
    found: dict[Change, None] = {}
    hosts: dict[str, set[str]] = {}
    for request in requests_of(connector):
        matches = _matches(request, published)
        used.update(id(each) for each in matches)
        if matches:
            changes = _compare(request, matches[0])
            hosts.setdefault(_host_drift(request, matches[0]), set()).add(request.subject)
        else:
            changes = [_lost(request, published)]
        found.update(dict.fromkeys(changes))
    found.update(dict.fromkeys(_of_hosts(hosts)))
    found.update(dict.fromkeys(_unused(each) for each in published if id(each) not in used))
    order = list(Weight)
    return sorted(found, key=lambda each: (order.index(each.weight), each.area, each.subject))


def _matches(request: SentRequest, published: Sequence[Published]) -> list[Published]:
    """Return the operations that a request may be, the nearest first."""
    paths = [each.whole for each in request.addresses]
    found: list[tuple[int, Published]] = []
    for each in published:
        if each.operation.method != request.method:
            continue
        theirs = {address.whole for address in each.addresses}
        # Without servers a description says nothing of what comes before its paths.
        ours = paths if each.has_servers else [*paths, *(a.path for a in request.addresses)]
        alike = [likeness(one, other) for one in ours for other in theirs if fits(one, other)]
        if alike:
            found.append((max(alike), each))
    return [each for _, each in sorted(found, key=lambda pair: -pair[0])]


def _lost(request: SentRequest, published: Sequence[Published]) -> Change:
    if not request.addresses:
        message = "is not compared: its address is computed"
        return Change("actions", request.subject, message, Weight.ADDS)
    path = request.addresses[0].whole
    asked = f"{request.method.upper()} {path}"
    others = [each for each in published if any(fits(path, a.whole) for a in each.addresses)]
    if others:
        methods = ", ".join(sorted({each.operation.method.upper() for each in others}))
        message = f"{asked} is gone: the path takes {methods}"
    elif moved := next((each for each in published if _is_moved(request, each)), None):
        message = f"{asked} has moved to {moved.subject}"
    else:
        message = f"{asked} is gone"
    return Change("actions", request.subject, message, Weight.BREAKS)


def _is_moved(request: SentRequest, published: Published) -> bool:
    """Tell whether an operation is a request's: below another server or version, or by its name."""
    operation = published.operation
    if request.name and snake_case(operation.operation_id or "-") == request.name:
        return True
    if operation.method != request.method:
        return False
    ours, theirs = request.addresses[0], published.addresses[0]
    return fits(_VERSION.sub("", ours.path), _VERSION.sub("", theirs.path)) or fits(
        _VERSION.sub("", ours.whole), _VERSION.sub("", theirs.whole)
    )


def _compare(request: SentRequest, published: Published) -> Iterator[Change]:
    subject = request.subject
    if published.is_deprecated and not request.is_deprecated:
        yield Change("actions", subject, f"{published.subject} is deprecated", Weight.CARE)
    for each in _of_parameters(request, published):
        yield Change("inputs", subject, f"{each.path} {each.message}", each.weight)
    media = published.media
    body = published.body(request.media) if request.media else None
    if request.media and media and body is None:
        message = f"its body is {request.media}, and {' or '.join(media)} is taken"
        yield Change("content", subject, message, Weight.BREAKS)
    for each in _of_body(request, published, body):
        yield Change("inputs", subject, f"{each.path} {each.message}", each.weight)
    yield from _of_scopes(request, published)


def _of_parameters(request: SentRequest, published: Published) -> Iterator[Difference]:
    theirs = {
        (place, _plain(place, name)): made for (place, name), made in published.parameters.items()
    }
    ours = {
        (place, _plain(place, name)): (name, sent)
        for (place, name), sent in request.parameters.items()
        if place != "body"
    }
    for (place, plain), made in theirs.items():
        if (place, plain) not in ours:
            if request.follows_addresses and says_where(plain):
                continue
            yield missing(text(made, "name"), made)
            continue
        name, sent = ours[place, plain]
        if not sent.is_always and (needed := difference_of_needed(name, made)):
            yield needed
        if sent.source is not None:
            yield from differences(sent.source, made, name, in_body=False)
    for key, (name, sent) in ours.items():
        # A header that is always the same is about the request, not about what is asked.
        if key not in theirs and (key[0] == "query" or sent.source is not None):
            yield Difference(name, "is no longer published", Weight.CARE)


def _plain(place: str, name: str) -> str:
    """Return a parameter's name without case or brackets, in which lists and objects are written."""
    return name.lower() if place == "headers" else name.partition("[")[0]


def _of_body(request: SentRequest, published: Published, body: Body | None) -> Iterator[Difference]:
    ours = {name: sent for (place, name), sent in request.parameters.items() if place == "body"}
    if body is None:
        if ours and not published.media:
            yield Difference("body", "is no longer published", Weight.CARE)
        return
    if request.whole is not None:
        if request.whole.source is not None:
            yield from _whole(request.whole.source, body)
    elif body.fields is not None:
        yield from _of_fields(ours, body.fields, is_required=body.is_required)


def _of_fields(
    ours: Mapping[str, Sent], theirs: Mapping[str, Mapping[str, Json]], *, is_required: bool
) -> Iterator[Difference]:
    has_body = is_required or any(sent.is_always for sent in ours.values())
    for name, made in theirs.items():
        sent = ours.get(name)
        if sent is None:
            if has_body or not made.get("required"):
                yield missing(name, made)
            continue
        if not sent.is_always and (needed := difference_of_needed(name, made)):
            yield needed
        if sent.source is not None:
            yield from differences(sent.source, made, name, in_body=True)
    for name in ours.keys() - theirs.keys():
        yield Difference(name, "is no longer published", Weight.CARE)


def _whole(source: Mapping[str, Json], body: Body) -> Iterator[Difference]:
    ours = {text(each, "name"): each for each in items(source, "properties")}
    if ours and body.fields:
        yield from field_differences(ours, body.fields, "", in_body=True)
    elif body.whole:
        yield from differences(source, body.whole, text(source, "name"), in_body=True)


def _of_scopes(request: SentRequest, published: Published) -> Iterator[Change]:
    if not published.scopes:
        return
    if not any(way <= request.scopes for way in published.scopes):
        lacking = sorted(min(published.scopes, key=len) - request.scopes)
        message = f"needs the scope {', '.join(lacking)}"
        yield Change("scopes", request.subject, message, Weight.CARE)
    asked = frozenset[str]().union(*published.scopes)
    if request.scopes and (idle := sorted(request.scopes - asked)):
        message = f"no longer needs the scope {', '.join(idle)}"
        yield Change("scopes", request.subject, message, Weight.CARE)


def _host_drift(request: SentRequest, published: Published) -> str:
    """Return in words that no host of a request is one of an operation's; empty if one is."""
    theirs = sorted({each.host for each in published.addresses if each.host})
    ours = sorted({each.host for each in request.addresses})
    if not theirs or any(is_among(each, theirs) for each in ours):
        return ""
    return f"{', '.join(ours)} is asked, and {', '.join(theirs)} is published"


def _of_hosts(hosts: Mapping[str, set[str]]) -> Iterator[Change]:
    for message, subjects in hosts.items():
        if message:
            first, *others = sorted(subjects)
            subject = f"{first} and {len(others)} more" if others else first
            yield Change("hosts", subject, message, Weight.CARE)


def _unused(published: Published) -> Change:
    summary = one_line(text(published.operation.document, "summary"))
    told = f": {summary[:_LONGEST]}" if summary else ""
    return Change("operations", published.subject, f"has no action{told}", Weight.ADDS)
