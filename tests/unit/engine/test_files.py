import base64

import pytest

from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.kit.errors import EgressBlocked
from tests.unit.engine.building import (
    CREDENTIALS,
    Provider,
    action,
    answer,
    run,
    step,
    text_answer,
)

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n\x00"


def download(**parameters: object) -> object:
    return action(step("download_file", {"url": "/file", **parameters}))


async def test_a_download_without_a_result_gives_the_file() -> None:
    disposition = "attachment; filename=\"x.png\"; filename*=UTF-8''gr%C3%BC%C3%9Fe.png"
    given = text_answer("", content_type="image/png", content_disposition=disposition)
    provider = Provider([type(given)(200, given.headers, PNG)])

    outcome = await run(download(), provider)

    assert outcome.file is not None
    assert (outcome.file.content, outcome.file.content_type) == (PNG, "image/png")
    assert outcome.file.name == "grüße.png"
    assert outcome.data == base64.b64encode(PNG).decode()


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="a b.txt"', "a b.txt"),
        ("attachment; filename=plain.txt; size=3", "plain.txt"),
        ("inline; filename=\"x\"; filename*=UTF-8''%E2%98%82.pdf", "☂.pdf"),
        ('attachment; filename="../../etc/passwd"', ".._.._etc_passwd"),
        ("attachment; filename*=ISO-8859-1''caf%E9.pdf", "café.pdf"),
        ("attachment; filename*=utf-8'en'caf%C3%A9.pdf", "café.pdf"),
        ("attachment; FileName*=windows-1252''%80.pdf; size=3", "€.pdf"),
        ("attachment; filename*=zip''caf%C3%A9.pdf", "café.pdf"),
        ("attachment", None),
    ],
)
async def test_a_files_name_comes_from_its_disposition(disposition: str, name: str | None) -> None:
    provider = Provider([text_answer("x", content_disposition=disposition)])

    outcome = await run(download(), provider)

    assert outcome.file is not None
    assert outcome.file.name == name


async def test_a_file_may_stand_inside_json() -> None:
    body = {"file": {"body": "aGk=", "name": "n.txt", "kind": "text/plain"}}
    response = {
        "dataKey": "file.body",
        "fileNameKey": "$.file.name",
        "contentTypeKey": "file.kind",
        "contentIsBase64": True,
    }

    outcome = await run(download(response=response), Provider([answer(body)]))

    assert outcome.file is not None
    assert (outcome.file.content, outcome.file.name) == (b"hi", "n.txt")
    assert outcome.file.content_type == "text/plain"


async def test_a_file_on_another_host_is_fetched_without_the_credential() -> None:
    provider = Provider([answer({"u": "https://files.test/x?sig=1"}), text_answer("content")])

    outcome = await run(download(response={"urlKey": "u"}), provider)

    assert outcome.file is not None
    assert outcome.file.content == b"content"
    assert provider.urls[1] == "https://files.test/x?sig=1"
    assert "Authorization" not in provider.sent[1].headers


async def test_a_credential_is_only_forwarded_to_a_declared_host() -> None:
    response = {"urlKey": "u", "forwardAuth": True}
    near = Provider([answer({"u": "https://api.example.com/real"}), text_answer("x")])
    far = Provider([answer({"u": "https://files.test/x"}), text_answer("x")])

    await run(download(response=response), near)
    with pytest.raises(EgressBlocked):
        await run(download(response=response), far)

    assert near.sent[1].headers["Authorization"] == f"Bearer {CREDENTIALS['token']}"
    assert len(far.sent) == 1


@pytest.mark.parametrize(
    ("parameters", "follow"), [({}, 5), ({"maxRedirects": 2}, 2), ({"followRedirects": False}, 0)]
)
async def test_a_download_may_be_redirected(parameters: dict, follow: int) -> None:
    provider = Provider([text_answer("x")])

    await run(download(**parameters), provider)

    assert provider.sent[0].follow == follow


async def test_a_file_is_uploaded_in_a_form() -> None:
    parameters = {
        "url": "/up",
        "file": {"fieldName": "f", "content": "$.inputs.file", "filename": 'a"\r\nb.txt'},
        "additionalFields": [{"name": "meta", "value": {"k": "$.inputs.k"}}],
    }
    provider = Provider([answer({"id": 9})])
    compiled = action(step("upload_file", parameters), effects=["write"])

    outcome = await run(compiled, provider, {"file": base64.b64encode(PNG).decode(), "k": 1})

    sent = provider.sent[0]
    boundary = sent.headers["Content-Type"].partition("boundary=")[2].encode()
    meta, file = sent.body.split(b"--" + boundary)[1:3]
    assert meta.endswith(b'name="meta"\r\n\r\n{"k":1}\r\n')
    assert b'filename="a%22%0D%0Ab.txt"\r\nContent-Type: text/plain' in file
    assert file.endswith(PNG + b"\r\n")
    assert outcome.data == {"id": 9}


async def test_bytes_are_uploaded_as_they_are() -> None:
    parameters = {
        "url": "/up",
        "method": "put",
        "binaryContent": {"content": "$.inputs.file", "contentType": "image/png"},
    }
    provider = Provider([answer({})])

    await run(
        action(step("upload_binary", parameters), effects=["write"]),
        provider,
        {"file": base64.urlsafe_b64encode(PNG).decode().rstrip("=")},
    )

    assert provider.sent[0].body == PNG
    assert provider.sent[0].headers["Content-Type"] == "image/png"


@pytest.mark.parametrize("content", ["not base64!", None])
async def test_content_that_is_not_base64_is_a_fault_of_the_inputs(content: object) -> None:
    parameters = {"url": "/up", "binaryContent": {"content": "$.inputs.file"}}
    provider = Provider([answer({})])

    with pytest.raises(InvalidInputs):
        await run(action(step("upload_binary", parameters)), provider, {"file": content})

    assert provider.sent == []
