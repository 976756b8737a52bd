"""Report on the actions that an account's credentials may run, from harmless probe requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from jackfield.accounts.models import Account
from jackfield.connectors.action import ActionInfo
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.connectors.permissions import find_probe


class Verdict(StrEnum):
    """The result for an action. `UNKNOWN`: no probe, not probed yet, or no clear result."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ProbeFinding:
    """The result of one probe; `detail` is the reason, if there is one."""

    probe: str
    verdict: Verdict
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """The results of all probes with one generation of the account's credentials."""

    account_id: str
    generation: int
    probed_at: datetime
    findings: tuple[ProbeFinding, ...]


@dataclass(frozen=True, slots=True)
class ActionPermission:
    """The permission to run an action; `probe` is the one that tests it, if any."""

    action: ActionInfo
    verdict: Verdict
    detail: str
    probe: str | None


@dataclass(frozen=True, slots=True)
class Permissions:
    """The permissions for every action of an account's connector."""

    account: Account
    probed_at: datetime | None
    can_be_probed: bool
    actions: tuple[ActionPermission, ...]

    @classmethod
    def of(
        cls, account: Account, connector: Connector, method: AuthMethod, probed: ProbeReport | None
    ) -> Self:
        findings = {} if probed is None else {each.probe: each for each in probed.findings}
        return cls(
            account,
            None if probed is None else probed.probed_at,
            bool(method.permissions),
            tuple(
                _permission(action, method, findings)
                for action in connector.actions
                if not action.is_internal
            ),
        )

    def count(self, verdict: Verdict) -> int:
        return sum(each.verdict is verdict for each in self.actions)


def _permission(
    action: ActionInfo, method: AuthMethod, findings: Mapping[str, ProbeFinding]
) -> ActionPermission:
    probe = find_probe(method.permissions, action)
    if probe is None:
        return ActionPermission(action, Verdict.UNKNOWN, "", None)
    found = findings.get(probe.key)
    if found is None:
        return ActionPermission(action, Verdict.UNKNOWN, "", probe.key)
    return ActionPermission(action, found.verdict, found.detail, probe.key)
