import pytest

from jackfield.accounts.provider import shown_to
from jackfield.egress.client import Egress, Outgoing
from jackfield.egress.rewrite import Rewrites
from jackfield.engine.transport import ClientCertificate, Request
from jackfield.kit.errors import EgressBlocked

pytestmark = pytest.mark.anyio


async def test_a_certificate_and_a_key_that_are_none_are_refused_before_anything_is_sent() -> None:
    egress = Egress(rewrites=Rewrites(), allow_private=True)
    outgoing = Outgoing("GET", "https://127.0.0.1:1/", certificate=("no certificate", "no key"))

    with pytest.raises(EgressBlocked, match="client certificate"):
        await egress.fetch(outgoing)

    await egress.close()


def test_the_certificate_of_a_request_is_shown_as_a_chain_and_a_key() -> None:
    certificate = ClientCertificate(("leaf", "issuer"), ("key",))

    assert shown_to(Request("GET", "https://x.test/")) is None
    assert shown_to(Request("GET", "https://x.test/", certificate=certificate)) == (
        "leaf\nissuer",
        "key",
    )
