"""`/healthz` and `/readyz`."""

from msgspec import Struct

from jackfield.http.context import PublicContext, public
from jackfield.http.routing import Routes

api = Routes(public, tag="health")


class HealthOut(Struct, frozen=True):
    status: str


@api.add("GET", "/healthz")
async def healthz(_ctx: PublicContext) -> HealthOut:
    """Report that the process is alive."""
    return HealthOut("ok")


@api.add("GET", "/readyz")
async def readyz(ctx: PublicContext) -> HealthOut:
    """Report that the database can be queried and, after a write that failed, written."""
    await ctx.hub.db.check()
    return HealthOut("ok")
