"""Schema of the refusals of credentials that a provider is known for."""

from typing import Final

from jackfield.engine.schema.expressions import Expression
from jackfield.engine.schema.kinds import Choice, Number, Text
from jackfield.engine.schema.structures import Entry, Record, Unknown

CAUSES: Final = (
    "key_revoked", "key_disabled", "wrong_key_type", "wrong_region", "missing_scope", "expired",
    "user_disabled", "plan_required", "address_not_allowed",
)  # fmt: skip

CREDENTIAL_ERROR: Final = Record(
    "CredentialError",
    {
        "status": Entry(
            Number(minimum=200, maximum=499, integer=True), "The status of the provider's answer."
        ),
        "field": Entry(Text(), "The field that the error is about, where `customErrors` name one."),
        "condition": Entry(
            Expression(),
            "It holds for this refusal. Sees `status`, `data` (the body of the answer, with what "
            "is called a secret masked), `message` (of the error, as people see it) and "
            "`credentials`.",
        ),
        "cause": Entry(
            Choice(CAUSES), "The cause: the code of the account's status reason.", required=True
        ),
        "message": Entry(
            Text(), "The cause in plain words; those of the error itself when left out."
        ),
        "step": Entry(Text(), "The title of the step of the config guide that mends it."),
    },
    doc="A refusal of credentials that the provider is known for. Of several, the first that "
    "matches is taken. A failure that may pass, such as 429, is never one.",
    unknown=Unknown.REFUSED,
)
