"""A request to a provider that is a span of its run's trace."""

from urllib.parse import urlsplit

from msgspec.structs import replace

from jackfield.egress.client import Egress, OutboundRequest, OutboundResponse
from jackfield.kit.spans import RunSpan


async def fetch_traced(run: RunSpan, egress: Egress, request: OutboundRequest) -> OutboundResponse:
    """Fetch as `Egress.fetch` does, and tell the provider of the span."""
    with run.request(request.method, urlsplit(request.url).hostname or "") as span:
        headers = {**request.headers, **span.headers}
        response = await egress.fetch(replace(request, headers=headers))
        span.status = response.status
    return response
