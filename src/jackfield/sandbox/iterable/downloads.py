"""Files of export jobs, behind links that need no key and last half an hour."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

from jackfield.sandbox.iterable.state.jobs import ExportJob
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.replies import Reply, Stream, text_reply

PREFIX: Final = "/__sandbox__/files/"
_LASTS: Final = timedelta(minutes=30)
_CHUNK: Final = 65_536
# Not a secret: it makes a link that was made up, or made to last, a wrong one.
_SALT: Final = b"jackfield sandbox export"


def link_to(origin: str, job: ExportJob, name: str, *, now: datetime) -> str:
    expires = str(int((now + _LASTS).timestamp()))
    place = f"{job.id}/{name}"
    return f"{origin}{PREFIX}{place}?expires={expires}&signature={_sign(place, expires)}"


def answer(project: Project, path: str, query: str) -> Reply | Stream:
    place = path.removeprefix(PREFIX)
    given = {name: values[-1] for name, values in parse_qs(query).items()}
    expires, signature = given.get("expires", ""), given.get("signature", "")
    if not hmac.compare_digest(signature.encode(), _sign(place, expires).encode()):
        return text_reply("The link is not valid", status=HTTPStatus.FORBIDDEN)
    if int(expires) < project.now.timestamp():
        return text_reply("The link has expired", status=HTTPStatus.FORBIDDEN)
    number, _, name = place.partition("/")
    job = project.jobs.find(int(number))
    if job is None or name not in job.files:
        return text_reply("There is no such file", status=HTTPStatus.NOT_FOUND)
    return Stream(_pieces(job.files[name]), job.content_type)


def _sign(place: str, expires: str) -> str:
    return hmac.new(_SALT, f"{place} {expires}".encode(), hashlib.sha256).hexdigest()[:32]


def _pieces(content: bytes) -> Iterator[bytes]:
    return (content[start : start + _CHUNK] for start in range(0, len(content), _CHUNK))
