"""Secrets whose every trace is looked for, and the requests in whose answers they may stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2

from tests.support.secret_forms import FORMS

# Shorter than that, a form of a secret stands in much that has nothing to do with it.
_SHORTEST: Final = 10
# A secret that is made for its caller is shown in the answer that makes it, and in no other.
REVEALS: Final = re.compile(
    r"POST (/connect_sessions|/jackfield/portal_sessions|/jackfield/webhooks"
    r"|/jackfield/accounts/[^/]+/reconnect_link|/dashboard/keys|/dashboard/me/factor/\w+"
    r"|/portal/open|/portal/[^/]+/link|/portal/[^/]+/accounts/[^/]+/reconnect"
    r"|/dashboard/(sign-in|invite)\b.*|/embedded/integrations|/hub/.*)$"
    r"|GET /(connect/.*|dashboard/sign-in/sso/callback)$"
)


@dataclass
class MarkedSecrets:
    """Secrets by name: credentials stand in no answer, tokens only where their holder asks."""

    credentials: dict[str, str] = field(default_factory=dict[str, str])
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    def all(self) -> dict[str, str]:
        found = {**self.credentials, **self.tokens}
        assert all(len(each) >= _SHORTEST for each in found.values()), found
        return found

    def traces(self, content: bytes, names: frozenset[str] | None = None) -> list[str]:
        """Return the secrets and forms of which more than a trace stands in `content`."""
        return [
            f"{name} as {form}"
            for name, forms in self._needles().items()
            if names is None or name in names
            for form, needle in forms.items()
            if needle in content
        ]

    def _needles(self) -> dict[str, dict[str, bytes]]:
        if not self._known:
            for name, secret in self.all().items():
                found = {form: _core(make(secret)).encode() for form, make in FORMS.items()}
                # Forms that look alike are looked for once.
                self._known[name] = {
                    form: needle
                    for form, needle in found.items()
                    if (needle == found["plain"] and form == "plain") or needle != found["plain"]
                }
        return self._known

    _known: dict[str, dict[str, bytes]] = field(default_factory=dict[str, Any])


@dataclass
class Recording(httpx2.AsyncBaseTransport):
    """A transport that keeps every request with its answer."""

    inner: httpx2.AsyncBaseTransport
    seen: list[tuple[httpx2.Request, httpx2.Response]] = field(default_factory=list[Any])

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        response = await self.inner.handle_async_request(request)
        await response.aread()
        self.seen.append((request, response))
        return response

    async def aclose(self) -> None:
        """Stay open: many clients share it."""

    def betrayed(self, secrets: MarkedSecrets) -> Iterator[str]:
        """Yield what answers told that they were not to tell."""
        for request, response in self.seen:
            line = f"{request.method} {request.url.path}"
            said = response.content + repr(list(response.headers.multi_items())).encode()
            names = frozenset(secrets.credentials)
            if not REVEALS.match(line):
                # Who asks with a token, or at an address that has it, has it.
                asked = _asked(request)
                names |= {name for name, each in secrets.tokens.items() if each not in asked}
            elif REVEALS.match(line):
                names = frozenset(each for each in names if not each.startswith("shown once"))
            yield from (f"{line}: {trace}" for trace in secrets.traces(said, names))


def betrayed_files(folder: Path, secrets: MarkedSecrets, *, but: frozenset[str]) -> Iterator[str]:
    """Yield what stands in the files of a folder, whatever they are."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name not in but:
            yield from (
                f"{file.relative_to(folder)}: {trace}"
                for trace in secrets.traces(file.read_bytes())
            )


def betrayed_processes(pids: set[int], secrets: MarkedSecrets) -> Iterator[str]:
    """Yield what any user of the machine, or the process's own, sees of processes."""
    for pid in pids:
        for name in ("cmdline", "environ"):
            content = Path(f"/proc/{pid}/{name}").read_bytes()
            yield from (f"{name} of {pid}: {each}" for each in secrets.traces(content))


def _asked(request: httpx2.Request) -> str:
    headers = " ".join(value for _, value in request.headers.multi_items())
    return f"{request.url} {headers} {request.content.decode(errors='replace')}"


def _core(form: str) -> str:
    """Leave out what padding and alignment may leave standing at either end."""
    return form.rstrip("=")[4:-4] if len(form) > 16 else form
