"""Webhook with the code of a sign-in, signed with the client's secret."""

import hmac
import threading
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlsplit

import structlog

from jackfield.kit.json import Json, encode
from jackfield.sandbox.oauth.authority import Code
from jackfield.sandbox.oauth.clients import Client

SIGNATURE: Final = "sandbox-hook-signature"
_SECONDS: Final = 10
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CodeWebhook:
    """One webhook; its signature is the HMAC-SHA256 of the body, in hex."""

    body: bytes
    signature: str

    @classmethod
    def of(cls, client: Client, code: Code) -> "CodeWebhook":
        installation = client.conduct.callback.extra.get("installation_id", "")
        sent: Json = {"uuid": installation, "code": code.value}
        body = encode({"action": "created", "data": {"installation": sent}})
        return cls(body, hmac.digest(client.secret.encode(), body, "sha256").hex())

    def show(self) -> dict[str, Json]:
        return {"headers": {SIGNATURE: self.signature}, "body": self.body.decode()}

    def send(self, url: str) -> None:
        """Send it to an address of `http`, while the browser goes back."""
        threading.Thread(target=self._post, args=(url,), daemon=True).start()

    def _post(self, url: str) -> None:
        headers = {"content-type": "application/json", SIGNATURE: self.signature}
        split = urlsplit(url)
        try:
            with closing(HTTPConnection(split.netloc, timeout=_SECONDS)) as connection:
                connection.request("POST", split.path, self.body, headers)
                status = connection.getresponse().status
        except (OSError, HTTPException) as error:
            _log.warning("code_webhook_failed", url=url, error=str(error))
        else:
            _log.info("code_webhook_sent", url=url, status=status)
