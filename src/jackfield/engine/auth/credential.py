"""What is wrong when an account has not what its connector needs."""

from jackfield.kit.errors import HubError


class CredentialMissing(HubError):
    """The account lacks a credential its connector needs."""

    code = "credential_missing"
    status = 412
