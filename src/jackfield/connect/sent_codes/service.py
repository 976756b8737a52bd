"""Codes that providers send by webhook: each is sealed until the sign-in that it is for takes it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeGuard

from jackfield.connect.sent_codes.models import LIFETIME
from jackfield.connect.sent_codes.repo import SentCodes
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.db.tx import Tx
from jackfield.engine.oauth.code_webhook import CodeWebhook
from jackfield.engine.oauth.settings import OAuthSettings, text_of
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProfileId, ProjectId
from jackfield.kit.json import mapping
from jackfield.profiles import service as profiles
from jackfield.profiles.models import Profile
from jackfield.profiles.repo import find_profile
from jackfield.runtime import Hub
from jackfield.secrets.store import SealedSecrets, SecretOwner, remove_secrets

_ACTOR: Final = Actor.worker("sent_codes")
_FIELD: Final = "code"


@dataclass(frozen=True, slots=True)
class Receiver:
    """The place that the provider of one profile sends codes to."""

    hub: Hub
    project_id: ProjectId
    profile: Profile
    oauth: OAuthSettings
    webhook: CodeWebhook

    async def receive(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Keep the code that a body has; return false for one that the provider did not sign."""
        hub = self.hub
        async with hub.db.read(self.project_id) as tx:
            setup = await profiles.setup_of(tx, hub, self.profile)
        key = text_of(self.oauth.client_secret, {"credentials": dict(setup.values)})
        if not self.webhook.is_signed(headers, body, key=key, now=hub.clock()):
            return False
        sent = self.webhook.read(body)
        if sent is None:
            return True
        places = (self.profile.id, _digest(sent.installation), _digest(sent.code))
        async with hub.db.write(self.project_id, _ACTOR) as tx:
            id_ = await SentCodes(tx).add(*places, expires_at=tx.now + LIFETIME)
            if id_ is not None:
                await SealedSecrets(tx, hub.vault).put(_owner(tx, id_), {_FIELD: sent.code})
        return True


async def find_receiver(hub: Hub, connector_key: str, profile_id: str) -> Receiver | None:
    """Return where a profile's provider sends codes to, if it does."""
    connector = hub.catalog.find(connector_key)
    if connector is None or not any(map(_sends_codes, connector.auth_methods)):
        return None
    found = await find_profile(hub.db, profile_id)
    if found is None or found[1].connector_key != connector_key:
        return None
    project_id, profile = found
    method = connector.find_auth_method(profile.auth_method)
    oauth = method.oauth if _sends_codes(method) else None
    webhook = None if oauth is None else oauth.callback.code_webhook
    if oauth is None or webhook is None:
        return None
    return Receiver(hub, project_id, profile, oauth, webhook)


def code_webhook_uri(hub: Hub, connector: Connector, profile: Profile) -> str | None:
    """Return the address that a profile's provider is to send codes to, if it sends them."""
    if not _sends_codes(connector.find_auth_method(profile.auth_method)):
        return None
    return f"{hub.public_url}/connect/oauth2/{connector.key}/codes/{profile.id}"


async def is_sent(tx: Tx, profile_id: ProfileId, installation: str) -> bool:
    """Tell whether the code of an installation has come, and waits."""
    return await SentCodes(tx).waits(profile_id, _digest(installation))


async def take(tx: Tx, hub: Hub, profile_id: ProfileId, installation: str) -> str | None:
    """Return the code of an installation, once; `None` if none waits."""
    id_ = await SentCodes(tx).take(profile_id, _digest(installation))
    if id_ is None:
        return None
    kept = await SealedSecrets(tx, hub.vault).get(_owner(tx, id_))
    await remove_secrets(tx, id_)
    return kept.get(_FIELD)


async def expire(tx: Tx) -> None:
    """Delete the codes that no sign-in took in time."""
    for id_ in await SentCodes(tx).drop_expired():
        await remove_secrets(tx, id_)


def _sends_codes(method: AuthMethod | None) -> TypeGuard[AuthMethod]:
    return method is not None and "codeByWebhook" in mapping(method.authorization, "callback")


def _digest(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()


def _owner(tx: Tx, id_: str) -> SecretOwner:
    return SecretOwner(tx.project_id, id_, 1)
