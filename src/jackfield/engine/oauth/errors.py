"""Refusals of a provider's token endpoint, by whose fault they are."""

from jackfield.kit.errors import ProviderError


class TokenRefused(ProviderError):
    """The provider refused to give a token."""

    code = "token_refused"


class GrantRefused(TokenRefused):
    """The provider no longer honors the account's sign-in. Link the account again."""

    code = "grant_refused"
    blames_credential = True


class ClientRefused(TokenRefused):
    """The provider does not accept the OAuth app of the connector profile. Check its setup."""

    code = "oauth_client_refused"
