"""Schema of `signing`: the ways to sign a request."""

from typing import Final

from jackfield.engine.schema.expressions import Evaluated, Template
from jackfield.engine.schema.kinds import Boolean, Choice, Text
from jackfield.engine.schema.structures import Entry, ListOf, Record, Unknown, Variant

HASHES: Final = ("sha1", "sha256", "sha384", "sha512", "md5")
KEY_FORMS: Final = ("utf8", "hex", "base64")
SIGNATURE_FORMS: Final = ("hex", "base64", "base64url")
PLACES: Final = ("header", "query", "body")
OAUTH1_METHODS: Final = (
    "HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "PLAINTEXT", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512",
)  # fmt: skip
WSSE_HASHES: Final = ("sha1", "sha256")
WSSE_FORMS: Final = ("base64", "hex")

_TEXT: Final = Evaluated(Text())
_FLAG: Final = Evaluated(Boolean())

AWS4_SIGNING: Final = Record(
    "Aws4Signing",
    {
        "strategy": Entry(Choice(("aws4",)), "AWS Signature Version 4.", required=True),
        "service": Entry(_TEXT, "The AWS service.", required=True),
        "region": Entry(_TEXT, "The AWS region; the credential `region` when left out."),
        "accessKeyId": Entry(
            _TEXT, "The key's id, if it is not the credential of this name.", ours=True
        ),
        "secretAccessKey": Entry(_TEXT, "The key, likewise.", ours=True),
        "sessionToken": Entry(_TEXT, "The token of temporary keys, likewise.", ours=True),
    },
    doc="Requests signed for AWS with the credentials `accessKeyId`, `secretAccessKey` and, for temporary ones, `sessionToken`.",
    unknown=Unknown.REFUSED,
)
HMAC_SIGNING: Final = Record(
    "HmacSigning",
    {
        "strategy": Entry(Choice(("hmac",)), "A keyed hash of the request.", required=True),
        "algorithm": Entry(Choice(HASHES), "The hash.", default="sha256"),
        "headerName": Entry(_TEXT, "The header of the signature.", default="X-Signature"),
        "prefix": Entry(_TEXT, "The text before the signature."),
        "dateFormat": Entry(
            Choice(("iso8601", "rfc2822")), "How the time is written.", default="iso8601"
        ),
        "includeHost": Entry(_FLAG, "Sign the host too.", default=False),
        "includeBodyHash": Entry(_FLAG, "Sign a hash of the body too.", default=True),
        "outputFormat": Entry(
            Choice(("header", "basic")),
            "Send the signature in a header of its own, or as the password of Basic.",
            default="header",
        ),
        "username": Entry(_TEXT, "The user name of Basic."),
    },
    doc="Requests signed with the credential `secretKey`.",
    unknown=Unknown.REFUSED,
)
OAUTH1_SIGNING: Final = Record(
    "OAuth1Signing",
    {
        "strategy": Entry(Choice(("oauth1",)), "OAuth 1.0a.", required=True, ours=True),
        "signatureMethod": Entry(Choice(OAUTH1_METHODS), "How to sign.", default="HMAC-SHA1"),
        "consumerKey": Entry(_TEXT, "The key of the application.", required=True),
        "consumerSecret": Entry(_TEXT, "Its secret; every method but RSA needs it."),
        "privateKey": Entry(_TEXT, "The application's RSA key, which `RSA-…` needs."),
        "bodyHash": Entry(
            _FLAG, "Sign a hash of a body that is no form, as `oauth_body_hash`.", default=False
        ),
        "token": Entry(_TEXT, "The user's token; without one the application speaks for itself."),
        "tokenSecret": Entry(_TEXT, "The token's secret."),
        "realm": Entry(_TEXT, "The realm, such as the account's id at NetSuite; it is not signed."),
        "callback": Entry(_TEXT, "The `oauth_callback` of a request for a temporary token."),
        "verifier": Entry(_TEXT, "The `oauth_verifier` of a request for a token."),
    },
    doc="Requests signed as OAuth 1.0a asks (RFC 5849), in the `Authorization` header.",
    unknown=Unknown.REFUSED,
)
WSSE_SIGNING: Final = Record(
    "WsseSigning",
    {
        "strategy": Entry(Choice(("wsse",)), "A WSSE user name token.", required=True, ours=True),
        "username": Entry(_TEXT, "The user name.", required=True),
        "password": Entry(_TEXT, "The secret.", required=True),
        "algorithm": Entry(Choice(WSSE_HASHES), "The hash.", default="sha1"),
        "nonceFormat": Entry(
            Choice(WSSE_FORMS),
            "How the nonce is sent: with `hex` its digits are hashed, and otherwise its bytes.",
            default="base64",
        ),
        "digestFormat": Entry(
            Choice(WSSE_FORMS),
            "The digest is always sent as base64: of its bytes, or with `hex` of its digits.",
            default="base64",
        ),
        "headerName": Entry(Text(), "The header of the token.", default="X-WSSE"),
    },
    doc="Requests with a digest of password, time and nonce in a header.",
    unknown=Unknown.REFUSED,
)
ADDED_PAIR: Final = Record(
    "SignedPair",
    {
        "name": Entry(Text(), "Its name.", required=True),
        "in": Entry(Choice(PLACES), "Where it goes.", default="header"),
        "value": Entry(Template(), "Its value.", required=True),
    },
    doc="A header, query parameter or field of the body that is added before a request is signed.",
    unknown=Unknown.REFUSED,
)
TEMPLATE_SIGNING: Final = Record(
    "TemplateSigning",
    {
        "strategy": Entry(
            Choice(("template",)), "A hash of a text of your own.", required=True, ours=True
        ),
        "text": Entry(
            _TEXT,
            "The text to sign. Beside credentials and inputs it may refer to `request.method`, "
            "`.host`, `.path`, `.query` (sorted and escaped), `.pairs` (a sorted list of "
            "`name=value`, from query and form), `.joined` (the same without `=`, as one text), "
            "`.body`, `.bodyMd5` (base64), `.bodySha256` (hex); and to `signing.seconds`, "
            "`.milliseconds`, `.iso`, `.date` (as HTTP writes it), `.compact` and `.nonce`.",
            required=True,
        ),
        "algorithm": Entry(Choice(HASHES), "The hash.", default="sha256"),
        "key": Entry(_TEXT, "The key of the HMAC; without one the text is only hashed."),
        "keyEncoding": Entry(Choice(KEY_FORMS), "How the key is written.", default="utf8"),
        "encoding": Entry(Choice(SIGNATURE_FORMS), "How the hash is written.", default="hex"),
        "in": Entry(Choice(PLACES), "Where the signature goes.", default="header"),
        "name": Entry(Text(), "The name of its header, parameter or field.", required=True),
        "value": Entry(_TEXT, "What is sent, made of `signature`.", default="$.signature"),
        "also": Entry(ListOf(ADDED_PAIR), "What is added before: an app key, the time, a nonce."),
    },
    doc="Requests signed with a hash of a text that the connector composes. A body that takes the signature is a form or a JSON object.",
    unknown=Unknown.REFUSED,
)
SIGNING: Final = Variant(
    "strategy",
    {
        "aws4": AWS4_SIGNING,
        "hmac": HMAC_SIGNING,
        "oauth1": OAUTH1_SIGNING,
        "wsse": WSSE_SIGNING,
        "template": TEMPLATE_SIGNING,
    },
)
