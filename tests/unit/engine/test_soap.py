import pytest

from jackfield.engine.errors import InvalidStep
from jackfield.engine.wire.soap import UsernameToken, write_envelope
from jackfield.engine.wire.xml_reader import XmlForm, read_xml
from jackfield.engine.wire.xml_writer import write_xml
from jackfield.kit.errors import ProviderError
from tests.unit.engine.building import Provider, action, run, step, text_answer

pytestmark = pytest.mark.anyio

NAMESPACES = [{"namespaceIdentifier": "n", "namespace": "urn:n"}]


def call(**parameters: object) -> dict:
    return {
        "url": "/soap",
        "method": "post",
        "useSoapContext": False,
        "namespaces": NAMESPACES,
        **parameters,
    }


def xml(text: str, status: int = 200) -> object:
    return text_answer(text, status, content_type="text/xml")


async def test_a_value_cannot_break_out_of_an_envelope() -> None:
    envelope = "<E><V>${inputs.v}</V><W a='${inputs.v}'/></E>"
    provider = Provider([xml("<R/>")])

    await run(
        action(step("soap_request", call(envelope=envelope))), provider, {"v": "</V>&\"'<x/>"}
    )

    read = read_xml(provider.sent[0].body, XmlForm())
    assert read["E"]["V"] == "</V>&\"'<x/>"
    assert read["E"]["W"]["@_a"] == "</V>&\"'<x/>"


async def test_an_envelope_that_is_not_xml_is_never_sent() -> None:
    provider = Provider([xml("<R/>")])

    with pytest.raises(InvalidStep, match="Invalid XML envelope"):
        await run(action(step("soap_request", call(envelope="<E><V></E>"))), provider)

    assert provider.sent == []


async def test_a_fault_is_an_error_with_its_words() -> None:
    fault = "<e:Envelope xmlns:e='x'><e:Body><e:Fault><faultstring>bad</faultstring></e:Fault></e:Body></e:Envelope>"

    with pytest.raises(ProviderError, match="bad"):
        await run(action(step("soap_request", call(soapOperation="Op"))), Provider([xml(fault)]))


async def test_pages_of_a_soap_call_follow_its_cursor() -> None:
    parameters = call(
        soapOperation="List",
        response={"dataKey": "R.Row", "nextKey": "R.Next"},
        iterator={"key": "Cursor", "in": "body"},
    )
    body = "<Envelope><Body><R>{}</R></Body></Envelope>".format
    provider = Provider(
        [
            xml(body("<Row><Id>1</Id></Row><Row><Id>2</Id></Row><Next>c2</Next>")),
            xml(body("<Row><Id>3</Id></Row>")),
        ]
    )
    compiled = action(step("soap_paginated_request", parameters), result="$.steps.ask.output.data")

    outcome = await run(compiled, provider, {"page_size": 10})

    assert outcome.data == [{"Id": 1}, {"Id": 2}, {"Id": 3}]
    assert b"<n:List></n:List>" in provider.sent[0].body
    assert b"<n:List><n:Cursor>c2</n:Cursor></n:List>" in provider.sent[1].body


def test_a_list_in_a_lone_attribute_repeats_the_element() -> None:
    content = {"Filter": [{"Id": {"@_type": ["a", "b"], "@_x": "1"}}]}

    written = write_envelope(content, operation="Op", namespaces=[("n", "urn:n")], token=None)

    assert '<n:Filter><n:Id n:type="a" n:x="1"></n:Id><n:Id n:type="b" n:x="1"></n:Id>' in written


def test_who_calls_stands_in_the_header() -> None:
    token = UsernameToken("u<", "p&")

    written = write_envelope({}, operation="Op", namespaces=[], token=token)

    assert "<wsse:Username>u&lt;</wsse:Username>" in written
    assert '#PasswordText">p&amp;</wsse:Password>' in written


def test_xml_is_written_and_read_back() -> None:
    content = {"r": {"@_a": "1<", "b": ["x", "y"], "c": {"#text": "t&", "@_n": "2"}, "d": ""}}

    assert read_xml(write_xml(content), XmlForm()) == content


@pytest.mark.parametrize("name", ["a b", "1a", "a><b", "", "a:b:c", "x=1", "a" * 10_001])
def test_a_key_that_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not an XML name"):
        write_xml({name: "x"})


@pytest.mark.parametrize(
    "document", ["<a" * 300, "<a>" * 300 + "</a>" * 300, "<!DOCTYPE a><a/>", "", "<a>&x;</a>"]
)
def test_xml_that_is_malformed_or_out_of_bounds_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match="XML"):
        read_xml(document, XmlForm())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("007", "007"),
        ("1.50", 1.5),
        ("true", True),
        ("1e3", 1000),
        ("0x1F", "0x1F"),
        ("12345678901234567890", "12345678901234567890"),
        ("+5", 5),
        ("-0.5", -0.5),
        ("1,0", "1,0"),
    ],
)
def test_a_text_that_is_a_number_or_a_truth_is_read_as_one(text: str, value: object) -> None:
    assert read_xml(f"<a> {text} </a>", XmlForm()) == {"a": value}
