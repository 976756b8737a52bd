"""Error for a credential that the connector needs and the account does not have."""

from jackfield.kit.errors import HubError


class CredentialMissing(HubError):
    """The account lacks a credential its connector needs."""

    code = "credential_missing"
    status = 412
