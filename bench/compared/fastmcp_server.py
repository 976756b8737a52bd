# pyright: basic, reportMissingImports=false
"""Tools that FastMCP makes of an OpenAPI document of the upstream: `fastmcp_server.py PORT UPSTREAM`."""

import logging
import sys

from fastmcp import FastMCP

try:
    import httpx2 as httpx
except ImportError:
    import httpx

PORT, UPSTREAM = int(sys.argv[1]), sys.argv[2]
ANSWER = {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Iterable", "version": "1"},
    "paths": {
        "/api/channels": {
            "get": {
                "operationId": "iterable_list_channels",
                "summary": "List channels",
                "responses": {"200": ANSWER},
            }
        }
    },
}
logging.disable(logging.WARNING)
client = httpx.AsyncClient(
    base_url=UPSTREAM, headers={"Api-Key": "0123456789abcdef0123456789abcdef"}
)
server = FastMCP.from_openapi(openapi_spec=DOCUMENT, client=client, name="Iterable")
server.run(
    transport="http",
    host="127.0.0.1",
    port=PORT,
    path="/mcp",
    stateless_http=True,
    json_response=True,
    show_banner=False,
    log_level="error",
)
