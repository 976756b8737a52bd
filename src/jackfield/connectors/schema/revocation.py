"""Schema of the revocation of credentials."""

from typing import Final

from jackfield.connectors.schema.action import INLINE_ACTION
from jackfield.engine.schema.expressions import Address
from jackfield.engine.schema.kinds import Boolean, Choice, Text
from jackfield.engine.schema.structures import Either, Entry, Record, Unknown

REVOCATION: Final = Record(
    "Revocation",
    {
        "url": Entry(
            Address(),
            "The address that takes tokens to revoke (RFC 7009), asked with the client "
            "authentication of the token endpoint.",
        ),
        "token": Entry(
            Choice(("refreshToken", "accessToken", "both")),
            "Which token `url` is sent; the access token if there is no other.",
            default="refreshToken",
        ),
        "action": Entry(
            Either((Text(), INLINE_ACTION)),
            "Instead of `url`: the id of an action, or an action written here, that revokes the "
            "credentials it is run with.",
        ),
        "proof": Entry(
            Text(),
            "The id of a harmless action that the provider must refuse afterwards; the test "
            "actions when left out.",
        ),
        "sharedGrant": Entry(
            Boolean(),
            "All accounts of one user share what is revoked: it is kept as long as another of them "
            "is linked.",
            default=False,
        ),
    },
    doc="How the provider is told not to accept an account's credentials any more, when the account "
    "is deleted or suspended for good; give `url` or `action`.",
    unknown=Unknown.REFUSED,
)
