"""A browser without scripts that is signed in to the dashboard."""

import httpx2

from jackfield.projects import service as projects
from tests.support.actor import TESTER
from tests.support.running import PUBLIC_URL, Running


async def signed_in(hub: Running) -> httpx2.AsyncClient:
    """Return a client of its own: that of the API has a key, and no cookie."""
    client = httpx2.AsyncClient(
        base_url=PUBLIC_URL,
        transport=hub.api._transport,  # noqa: SLF001 - the same application
        headers={"origin": PUBLIC_URL},
    )
    link = await projects.sign_in_url(hub.hub, hub.project, TESTER)
    path, _, token = link.removeprefix(PUBLIC_URL).partition("?token=")
    response = await client.post(path, data={"token": token})
    assert response.status_code == 303
    return client
