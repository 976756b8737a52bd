"""The parameters of step functions that move files."""

from typing import Final

from jackfield.connectors.schema.expressions import Evaluated, Expression, Template
from jackfield.connectors.schema.kinds import Boolean, Choice, Number, Text
from jackfield.connectors.schema.requests import REQUEST, RESPONSE
from jackfield.connectors.schema.structures import Entry, ListOf, Record, Unknown

_TEXT: Final = Evaluated(Text())
_FLAG: Final = Evaluated(Boolean())
_UPLOAD: Final = {
    **{
        name: REQUEST.entries[name]
        for name in ("baseUrl", "url", "args", "authorization", "customErrors")
    },
    "response": Entry(
        Record(
            "UploadResponse",
            {name: entry for name, entry in RESPONSE.entries.items() if name != "lineKey"},
            unknown=Unknown.REFUSED,
        ),
        "Which part of the response the step gives back.",
    ),
}

UPLOAD_FILE: Final = Record(
    "UploadFileParameters",
    {
        **_UPLOAD,
        "method": Entry(REQUEST.entries["method"].kind, "The HTTP method.", default="post"),
        "file": Entry(
            Record(
                "UploadedFile",
                {
                    "fieldName": Entry(_TEXT, "The name of the form's part.", required=True),
                    "content": Entry(_TEXT, "The bytes, as base64.", required=True),
                    "filename": Entry(_TEXT, "The name the provider sees.", required=True),
                    "contentType": Entry(_TEXT, "The file's MIME type."),
                },
                unknown=Unknown.REFUSED,
            ),
            "The file.",
            required=True,
        ),
        "additionalFields": Entry(
            ListOf(
                Record(
                    "AdditionalField",
                    {
                        "name": Entry(_TEXT, "The name of the form's part.", required=True),
                        "value": Entry(Template(), "Its value; objects as JSON.", required=True),
                        "condition": Entry(Expression(), "Send it only if this is `true`."),
                        "contentType": Entry(_TEXT, "The part's MIME type."),
                    },
                    unknown=Unknown.REFUSED,
                )
            ),
            "Further parts, sent before the file.",
        ),
    },
    doc="Uploads a file as a multipart form.",
)
UPLOAD_BINARY: Final = Record(
    "UploadBinaryParameters",
    {
        **_UPLOAD,
        "method": Entry(REQUEST.entries["method"].kind, "The HTTP method.", default="post"),
        "binaryContent": Entry(
            Record(
                "BinaryContent",
                {
                    "content": Entry(_TEXT, "The bytes, as base64.", required=True),
                    "contentType": Entry(
                        _TEXT, "Their MIME type.", default="application/octet-stream"
                    ),
                },
                unknown=Unknown.REFUSED,
            ),
            "What to upload.",
            required=True,
        ),
    },
    doc="Uploads bytes as they are.",
)
DOWNLOAD_FILE: Final = Record(
    "DownloadFileParameters",
    {
        **{
            name: REQUEST.entries[name]
            for name in ("baseUrl", "url", "args", "authorization", "customErrors")
        },
        "method": Entry(REQUEST.entries["method"].kind, "The HTTP method.", default="get"),
        "responseMode": Entry(
            Evaluated(Choice(("buffer", "stream"))), "All at once or as a stream.", default="buffer"
        ),
        "responseType": Entry(
            Evaluated(Choice(("arraybuffer", "blob", "text", "json"))),
            "What the response is read as.",
            default="arraybuffer",
        ),
        "encoding": Entry(
            Evaluated(Choice(("base64", "utf8", "binary", "raw", "none"))),
            "How the bytes are given back.",
            default="base64",
        ),
        "response": Entry(
            Record(
                "DownloadResponse",
                {
                    "dataKey": Entry(Text(), "Path of the content inside a JSON response."),
                    "fileNameKey": Entry(Text(), "Path of the file's name."),
                    "contentTypeKey": Entry(Text(), "Path of its MIME type."),
                    "contentType": Entry(Text(), "Its MIME type, where it is always the same."),
                    "contentIsBase64": Entry(_FLAG, "The content is base64.", default=False),
                    "urlKey": Entry(Text(), "Path of a URL to fetch the content from."),
                    "forwardAuth": Entry(_FLAG, "Authorize that fetch too.", default=False),
                },
                unknown=Unknown.REFUSED,
            ),
            "Where the file is, if the response is not the file itself.",
        ),
        "maxRedirects": Entry(
            Evaluated(Number(minimum=0, integer=True)), "How many redirects to follow.", default=5
        ),
        "followRedirects": Entry(_FLAG, "Follow redirects.", default=True),
    },
    doc="Downloads a file.",
)
