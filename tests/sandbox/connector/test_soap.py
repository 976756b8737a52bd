"""SOAP against a sandbox: envelopes in and out, and faults."""

from typing import Any

import httpx2
import pytest

from jackfield.engine.wire.xml_reader import XmlForm, read_xml
from tests.sandbox.connector.world import World

pytestmark = pytest.mark.anyio

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


async def run(world: World, action: str, **inputs: Any) -> httpx2.Response:
    account = await world.account("ledgerline")
    return await world.hub.run(account, f"ledgerline_{action}", body=inputs)


def envelope(operation: str, *, password: str = "p<1>") -> str:
    escaped = password.replace("<", "&lt;").replace(">", "&gt;")
    return (
        f'<e:Envelope xmlns:e="{SOAP}"><e:Header><Security><UsernameToken>'
        f"<Username>10042@sync</Username><Password>{escaped}</Password></UsernameToken></Security>"
        f"</e:Header><e:Body>{operation}</e:Body></e:Envelope>"
    )


async def post(world: World, path: str, content: str, **headers: str) -> httpx2.Response:
    url = world.sandboxes["ledgerline"].url
    async with httpx2.AsyncClient(base_url=url) as provider:
        sent = {"content-type": "text/xml", **headers}
        return await provider.post(path, content=content, headers=sent)


async def test_an_envelope_is_answered_with_one(world: World) -> None:
    asked = '<x:GetInvoice xmlns:x="urn:ledgerline"><x:Number>R-8</x:Number></x:GetInvoice>'

    answered = await post(world, "/v9/invoices", envelope(asked))

    assert answered.headers["content-type"].startswith("text/xml")
    form = XmlForm(keep_prefixes=False)
    read: Any = read_xml(answered.text, form)
    invoice = read["Envelope"]["Body"]["GetInvoiceResponse"]["Invoice"]
    assert invoice == {"@_currency": "EUR", "Number": "R-8", "Total": 12.5}


async def test_operations_of_one_address_are_told_apart_by_their_element(world: World) -> None:
    one = await run(world, "get_invoice", number="R-8")
    several = await run(world, "list_invoices")

    assert one.json()["data"]["Number"] == "R-8"
    assert [each["Number"] for each in several.json()["data"]] == ["R-7", "R-8", "R-9"]


async def test_pages_lead_on_to_each_other(world: World) -> None:
    sandbox = world.sandboxes["ledgerline"]
    state, before = sandbox.state, len(sandbox.requests("list_invoices"))
    added = [state.store.add("invoice", (), {"Number": f"N-{each}"}) for each in range(120)]

    first = await run(world, "list_invoices", page_size=500)
    asked = len(sandbox.requests("list_invoices")) - before
    for each in added:
        state.store.remove("invoice", each)

    assert len(first.json()["data"]) == 123
    assert asked == 2


async def test_xml_without_an_envelope_is_stored_and_answered_too(world: World) -> None:
    paid = await run(world, "create_payment", invoice="R-7", amount=12.5, references=["a", "b"])

    assert paid.json()["data"] | {"@_invoice": "R-7", "amount": 12.5} == paid.json()["data"]


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        ("<GetInvoice><Number>none</Number></GetInvoice>", "There is no such thing."),
        ("<GetInvoice/>", "Number is missing."),
        ("<DropInvoices/>", "There is no such endpoint."),
    ],
)
async def test_what_is_wrong_is_a_fault_as_the_provider_sends_it(
    world: World, operation: str, words: str
) -> None:
    refused = await post(world, "/v9/invoices", envelope(operation))

    # Its case shows that faults come with status 200.
    assert refused.status_code == 200
    read: Any = read_xml(refused.text, XmlForm(keep_prefixes=False))
    assert read["Envelope"]["Body"]["Fault"] == {
        "faultcode": "soapenv:Client",
        "faultstring": words,
    }


async def test_the_hub_reads_a_fault_in_its_own_words(world: World) -> None:
    refused = await run(world, "get_invoice", number="none")

    assert refused.json()["message"] == "There is no such thing."


@pytest.mark.parametrize("password", ["p", "", "p<1>x"])
async def test_an_envelope_of_a_user_who_is_not_known_is_refused(
    world: World, password: str
) -> None:
    refused = await post(world, "/v9/company", envelope("<GetCompany/>", password=password))

    assert (refused.status_code, refused.text) == (401, "no")


async def test_an_envelope_without_a_user_is_refused(world: World) -> None:
    bare = f'<e:Envelope xmlns:e="{SOAP}"><e:Body><GetCompany/></e:Body></e:Envelope>'

    assert (await post(world, "/v9/company", bare)).status_code == 401


async def test_a_fault_that_is_asked_for_is_a_fault_of_the_server(world: World) -> None:
    world.sandboxes["ledgerline"].add_fault(status=500, action="get_company")

    broken = await post(world, "/v9/company", envelope("<GetCompany/>"))
    mended = await post(world, "/v9/company", envelope("<GetCompany/>"))

    assert broken.status_code == 500
    assert "<faultcode>soapenv:Server</faultcode>" in broken.text
    assert "<GetCompanyResponse><Name>Acme</Name></GetCompanyResponse>" in mended.text


async def test_what_is_no_xml_is_refused(world: World) -> None:
    assert (await post(world, "/v9/company", "<e:Envelope")).status_code == 404
    assert (await post(world, "/v9/company", "<!DOCTYPE a><a/>")).status_code == 404
