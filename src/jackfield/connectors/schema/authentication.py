"""Schema of authentication: auth methods, their fields, notices and guides."""

from typing import Final

from jackfield.connectors.schema.action import INLINE_ACTION
from jackfield.connectors.schema.credential_errors import CREDENTIAL_ERROR
from jackfield.connectors.schema.inputs import SCOPES
from jackfield.connectors.schema.permissions import PERMISSION
from jackfield.connectors.schema.revocation import REVOCATION
from jackfield.engine.inputs.formats import FORMATS
from jackfield.engine.schema.authorization import AUTHORIZATION
from jackfield.engine.schema.expressions import Address, Expression
from jackfield.engine.schema.kinds import Anything, Boolean, Choice, Number, Text
from jackfield.engine.schema.requests import CERTIFICATES
from jackfield.engine.schema.structures import (
    Either,
    Entry,
    ListOf,
    MapOf,
    Record,
    Unknown,
)

# Five fields, or six with seconds: numbers, names, lists, ranges and steps.
_CRON_FIELD: Final = r"(?:\*|\?|[\dA-Za-z,#-]+)(?:/\d+)?"
_CRON: Final = Text(
    rf"^(?:@[a-z]+|{_CRON_FIELD}(?:\s+{_CRON_FIELD}){{4,5}})$",
    "a cron expression such as '0 * * * *'",
)

FIELD_TYPES: Final = ("text", "password", "text_area", "select", "number")

_VALIDATION: Final = Record(
    "FieldValidation",
    {
        "pattern": Entry(Text(), "A regular expression the value must match."),
        "format": Entry(Choice(tuple(FORMATS)), "A well-known form of text."),
        "errorMessage": Entry(Text(), "The message for other values."),
    },
    doc="What a field accepts; give a pattern or a format.",
)
FIELD: Final = Record(
    "CredentialField",
    {
        "key": Entry(
            Text(r"^[A-Za-z_][\w-]*$", "a name of letters, digits, '_' and '-'"),
            "The name in expressions: `$.credentials.<key>`.",
            required=True,
        ),
        "label": Entry(Text(), "The name people see.", required=True),
        "type": Entry(Choice(FIELD_TYPES), "How it is entered.", required=True),
        "required": Entry(Boolean(), "It must be filled in.", default=False),
        "secret": Entry(Boolean(), "It is never shown again.", default=False),
        "readOnly": Entry(Boolean(), "It is shown, to be copied.", default=False),
        "placeholder": Entry(Text(), "An example in the empty field."),
        "description": Entry(Text(), "A sentence below the field."),
        "tooltip": Entry(Text(), "A longer hint."),
        "condition": Entry(Expression(), "It is shown only if this holds."),
        "externalSystemAccountIdentifier": Entry(Boolean(), "It tells accounts apart."),
        "value": Entry(Either((Expression(), Number(), Boolean())), "What it starts with."),
        "computed": Entry(Boolean(), "`value` is computed and cannot be entered."),
        "options": Entry(
            ListOf(
                Record(
                    "Option",
                    {
                        "value": Entry(
                            Either((Text(), Number(), Boolean())), "What is stored.", required=True
                        ),
                        "label": Entry(Text(), "What people see.", required=True),
                        "console": Entry(
                            Text(r"^https://[^/\s]+$", "an origin such as https://app.example.com"),
                            "Where the provider's own pages are for this choice: links of the "
                            "guide that lead to the console of one choice lead to that of the one "
                            "chosen.",
                            ours=True,
                        ),
                    },
                ),
                at_least=1,
            ),
            "The choices of a `select`.",
        ),
        "validation": Entry(_VALIDATION, "What it accepts."),
        "advice": Entry(
            Record(
                "FieldAdvice",
                {
                    "pattern": Entry(Text(), "What values usually look like.", required=True),
                    "message": Entry(Text(), "What to say of one that does not.", required=True),
                },
            ),
            "A doubt about the value, shown but never refused. A password without it has one about blanks and curly quotes.",
            ours=True,
        ),
    },
    doc="A field of the form for linking an account or setting up a connector.",
)
_NOTICE: Final = Record(
    "Notice",
    {
        "key": Entry(Text(), "Its name.", required=True),
        "type": Entry(Choice(("warning", "info")), "How loud it is.", required=True),
        "description": Entry(Text(), "What it says.", required=True),
        "position": Entry(Choice(("top", "bottom")), "Where it stands.", default="top"),
        "anchor": Entry(Text(), "The field it stands at; only with position `top`."),
    },
    doc="A remark in a form.",
)

_SCOPED: Final = {
    "applicableScopes": Entry(SCOPES, "Shown only if one of these scopes is needed."),
}
_IMAGE: Final = Entry(
    Record(
        "Image",
        {
            "src": Entry(Text(), "Its URL, or a file in the connector's folder.", required=True),
            "alt": Entry(Text(), "What it shows, in words.", required=True),
        },
    ),
    "A picture.",
)
_GUIDE_STEP: Final = Record(
    "GuideStep",
    {
        "title": Entry(Text(), "What to do.", required=True),
        "content": Entry(Text(), "How to do it, as Markdown."),
        "list": Entry(ListOf(Text()), "Points, as Markdown."),
        "image": _IMAGE,
        "displayScopes": Entry(SCOPES, "Scopes to grant in this step; they are listed."),
        **_SCOPED,
        "field": Entry(Text(), "The field the step is about.", ours=True),
    },
    doc="A step of a guide.",
)
GUIDE: Final = Record(
    "Guide",
    {
        "warning": Entry(Text(), "What to know before anything else, as Markdown."),
        "sections": Entry(
            ListOf(
                Record(
                    "GuideSection",
                    {
                        "title": Entry(Text(), "What it is about.", required=True),
                        "content": Entry(Text(), "An introduction, as Markdown."),
                        "list": Entry(ListOf(Text()), "Points, as Markdown."),
                        "image": _IMAGE,
                        "steps": Entry(ListOf(_GUIDE_STEP), "What to do, in order."),
                        **_SCOPED,
                        "whitelabelHide": Entry(
                            Boolean(), "It is about the hub: hidden when white-labelled.", ours=True
                        ),
                    },
                    doc="A part of a guide.",
                ),
                at_least=1,
            ),
            "Its parts.",
            required=True,
        ),
    },
    doc="Where to find what a form asks for.",
)
_TEST_ACTION: Final = Record(
    "TestAction",
    {
        "action": Entry(
            Either((Text(), INLINE_ACTION)),
            "The id of an action, or an action written here.",
            required=True,
        ),
        "required": Entry(Boolean(), "The account is refused if it fails.", default=True),
        "condition": Entry(Expression(), "It runs only if this holds."),
    },
    doc="A probe of the credentials when an account is linked.",
)

_IDENTITY: Final = Record(
    "Identity",
    {
        "action": Entry(
            Either((Text(), INLINE_ACTION)),
            "The id of an action, or an action written here, that knows whose credentials they "
            "are. It must only read.",
        ),
        "values": Entry(
            Expression(),
            "What tells accounts at the provider apart: one value or a list, of which one in "
            "common is enough. Sees `$.credentials` and, as `$.output`, what the action gave back.",
            required=True,
        ),
        "within": Entry(
            Expression(), "What the values are unique in, such as `$.credentials.region`."
        ),
    },
    doc="How to tell which account at the provider credentials belong to.",
)

_TENANTS: Final = Record(
    "Tenants",
    {
        "action": Entry(
            Either((Text(), INLINE_ACTION)),
            "The id of an action, or an action written here, that lists them with the new tokens. It "
            "must only read.",
            required=True,
        ),
        "items": Entry(
            Expression(),
            "The list; sees `$.credentials` and, as `$.output`, what the action gave back.",
            default="$.output",
        ),
        "id": Entry(
            Expression(),
            "What a tenant is recognized by. Sees the members of an item of the list, such as `$.id`, "
            "and the item itself as `$.item`.",
            required=True,
        ),
        "name": Entry(Expression(), "Its name for people; sees the same.", required=True),
        "credential": Entry(
            Text(r"^[A-Za-z_][\w-]*$", "a name of letters, digits, '_' and '-'"),
            "The credential that the chosen tenant's id becomes; its name is `tenantName`.",
            required=True,
        ),
        "label": Entry(Text(), "What the provider calls a tenant.", default="Organization"),
    },
    doc="How to list what one sign-in gives access to, where an account is one of several.",
    unknown=Unknown.REFUSED,
)

METHOD: Final = Record(
    "AuthMethod",
    {
        "type": Entry(
            Choice(("custom", "oauth2", "oauth1", "mcp", "apikey")),
            "`custom`: what the user fills in is the credential; `oauth2`: the provider gives tokens, "
            "after the user signed in there or, by the grant type, without that; `oauth1`: after the "
            "user signed in there, by OAuth 1.0a (Jackfield's own); `mcp`: as `oauth2`, where an MCP "
            "server says.",
            required=True,
        ),
        "label": Entry(Text(), "Its name for people.", required=True),
        "grantType": Entry(
            Choice(("authorization_code", "client_credentials", "jwt_bearer", "device_code")),
            "How an OAuth token is got; the last two are Jackfield's own.",
            default="authorization_code",
        ),
        "authorization": Entry(AUTHORIZATION, "How requests are authorized.", required=True),
        "authorizationFlow": Entry(
            Record(
                "AuthorizationFlow",
                {
                    "serverUrl": Entry(Address(), "The MCP server; it says where to sign in."),
                    "discovery": Entry(Anything(), "Not needed: the server is asked."),
                    "clientRegistration": Entry(
                        Choice(("cimd", "dcr")),
                        "How the hub is known there: by its client document where that is taken, "
                        "or always by registration.",
                        default="cimd",
                    ),
                    "scopes": Entry(ListOf(Text()), "What to ask for, instead of what it says."),
                },
            ),
            "How to sign in to an MCP server.",
        ),
        "requiredScopes": Entry(SCOPES, "Scopes every account needs."),
        "setupFields": Entry(ListOf(FIELD), "What the operator fills in once."),
        "configFields": Entry(ListOf(FIELD), "What the user fills in to link an account."),
        "setupNotices": Entry(ListOf(_NOTICE), "Remarks for the operator."),
        "configNotices": Entry(ListOf(_NOTICE), "Remarks for the user."),
        "environments": Entry(
            ListOf(
                Record(
                    "Environment",
                    {
                        "key": Entry(Text(), "Its key; `production` must be there.", required=True),
                        "name": Entry(Text(), "Its name for people.", required=True),
                    },
                ),
                at_least=1,
            ),
            "The provider's environments; only production when left out.",
        ),
        "support": Entry(
            Record(
                "Support",
                {
                    "link": Entry(Text(), "The provider's own page about it."),
                    "description": Entry(Text(), "A sentence beside that link."),
                    "guides": Entry(
                        Record(
                            "Guides",
                            {
                                "config": Entry(GUIDE, "For the user who links an account."),
                                "setup": Entry(GUIDE, "For the operator."),
                            },
                        ),
                        "Step-by-step guides.",
                    ),
                },
            ),
            "Help for people.",
        ),
        "refreshAuthentication": Entry(
            Record(
                "RefreshAuthentication",
                {
                    "schedule": Entry(_CRON, "When to do it anyway, as a cron expression."),
                    "action": Entry(INLINE_ACTION, "How to get new credentials.", required=True),
                },
            ),
            "How credentials are renewed.",
        ),
        "testActions": Entry(ListOf(_TEST_ACTION), "Probes of the credentials."),
        "testActionsIds": Entry(ListOf(Text()), "The older form of `testActions`."),
        "identity": Entry(
            _IDENTITY,
            "How to tell that an account that is linked again is still the same one.",
            ours=True,
        ),
        "tenants": Entry(
            _TENANTS,
            "The organizations, sites or companies that a sign-in may reach. If there are several, "
            "the person chooses.",
            ours=True,
        ),
        "permissions": Entry(
            ListOf(PERMISSION), "How to find out what credentials may do.", ours=True
        ),
        "credentialErrors": Entry(
            ListOf(CREDENTIAL_ERROR),
            "Refusals of credentials that the provider is known for, their causes, and what mends "
            "them.",
            ours=True,
        ),
        "revocation": Entry(
            REVOCATION, "How credentials are revoked when their account ends.", ours=True
        ),
        "certificates": Entry(CERTIFICATES, "Client certificate to show."),
    },
    doc="A way to authenticate.",
)
AUTHENTICATION: Final = ListOf(MapOf(METHOD, single=True), at_least=1)
