"""The second token of a sign-in, such as a person's beside an app's, which is renewed apart."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from jackfield.engine.oauth.answer_path import Find
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, REFRESH_TOKEN, Tokens, refresh_name


@dataclass(frozen=True, slots=True)
class SecondToken:
    """The credential that a second token is, and where the answer to a sign-in has it."""

    token: str
    find: Find

    @property
    def refresh_token(self) -> str:
        return refresh_name(self.token)

    def in_place(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """Return an account's credentials with the second token in the place of the first."""
        own = {ACCESS_TOKEN: self.token, REFRESH_TOKEN: self.refresh_token}
        return {**credentials, **{name: credentials.get(mine, "") for name, mine in own.items()}}

    def named(self, tokens: Tokens) -> Tokens:
        """Return what was given for the second token, by the names of its credentials."""
        own = {ACCESS_TOKEN: self.token, REFRESH_TOKEN: self.refresh_token}
        values = {own[name]: value for name, value in tokens.values.items() if name in own}
        return replace(tokens, values=values, scopes=None, second=None)
