"""A compiled connector."""

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Final

from jackfield.engine.action import CompiledAction, ConnectorContext, compile_action
from jackfield.engine.address_credentials import AddressCredentials
from jackfield.engine.allowed_hosts import HostRules
from jackfield.engine.compat import Mode
from jackfield.engine.document_reader import take_objects
from jackfield.engine.errors import InvalidStep
from jackfield.engine.limits import Limits, compile_limits
from jackfield.engine.proxy import ProxyTemplate
from jackfield.engine.rate_errors import compile_rate_errors
from jackfield.engine.steps.compile_context import Authorizations, CompileContext
from jackfield.kit.json import Json, is_object


class CompiledConnector:
    """A connector whose actions are compiled on first use and kept.

    Raises:
        InvalidStep: the document is not a connector's.
    """

    def __init__(self, document: Mapping[str, Json]) -> None:
        self._document: Final = document
        info: Mapping[str, Json] = document.get("info") or {}
        self.key: Final = str(info.get("key", ""))
        self.version: Final = str(info.get("version", ""))
        self.mode: Final[Mode] = "strict" if document.get("engine") == "strict" else "compat"
        self._actions: Final[dict[str, CompiledAction]] = {}
        self._documents: Final = {
            str(action.get("actionId")): action
            for action in take_objects(document.get("actions"), "actions")
        }
        base_url = document.get("baseUrl")
        self._compile_context: Final = CompileContext(
            mode=self.mode,
            authorizations=Authorizations(_authorizations(document), self.mode),
            base_url=base_url if isinstance(base_url, str) else None,
        )
        self._connector: Final = ConnectorContext(
            mode=self.mode,
            info={"key": self.key, "version": self.version},
            context={"connectorKey": self.key, "connectorVersion": self.version},
            is_allowed=self.allows,
            rate_errors=compile_rate_errors(document.get("rateLimit")),
        )

    def action(self, action_id: str) -> CompiledAction:
        """
        Return the action with this id, without the connector's prefix.

        Raises:
            KeyError: there is no such action.
            InvalidStep, InvalidExpression: it cannot be compiled.
        """
        compiled = self._actions.get(action_id)
        if compiled is None:
            compiled = self.inline(self._documents[action_id])
            self._actions[action_id] = compiled
        return compiled

    def inline(self, document: Mapping[str, Json]) -> CompiledAction:
        """Compile an action written inline: a test, a refresh."""
        return compile_action(document, self._compile_context, self._connector)

    @cached_property
    def limits(self) -> Limits:
        """The rate and concurrency limits of each account."""
        return compile_limits(self._document.get("rateLimit"), self._document.get("concurrency"))

    @cached_property
    def proxy(self) -> ProxyTemplate:
        """The base URL and authorization for proxy calls."""
        return ProxyTemplate(
            base_url=self._compile_context.base_url,
            authorizations=self._compile_context.authorizations,
            mode=self.mode,
        )

    def allows(
        self, url: str, credentials: Mapping[str, str], *, parts: Collection[str] = ()
    ) -> bool:
        """Whether the credentials of an account may be sent to `url`; `parts` as in `HostRules`."""
        return self._hosts.allows(url, credentials, parts=parts)

    @cached_property
    def address_credentials(self) -> AddressCredentials:
        """The credentials that decide where requests go."""
        return AddressCredentials(self._document)

    @cached_property
    def _hosts(self) -> HostRules:
        return HostRules(self._document, self.mode)


def _authorizations(document: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
    methods: dict[str, dict[str, Json]] = {}
    for entry in take_objects(document.get("authentication"), "authentication"):
        for key, method in entry.items():
            if not is_object(method):
                msg = f"The authentication {key!r} must be an object"
                raise InvalidStep(msg)
            environments = take_objects(method.get("environments"), "environments")
            names = [str(env.get("key")) for env in environments] or ["production"]
            shown = {
                "authorization": method.get("authorization") or {"type": "none"},
                "certificates": method.get("certificates"),
            }
            methods[str(key)] = dict.fromkeys([*names, "production"], shown)
    return methods
