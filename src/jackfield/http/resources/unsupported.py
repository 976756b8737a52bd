"""Endpoints of published clients that the hub does not support: 501 instead of 404."""

from jackfield.http.context import ApiContext, api_key
from jackfield.http.resources.rpc import SyncUnsupported
from jackfield.http.routing import Routes
from jackfield.kit.errors import HubError
from jackfield.projects.models import Scope

api = Routes(api_key, tag="not_offered")


class PermissionsUnsupported(HubError):
    """This hub does not check what a person may do at the provider; use an action instead."""

    code = "permissions_not_offered"
    status = 501


@api.add(
    "POST",
    "/actions/rpc/synced",
    scope=Scope.ACTIONS_EXECUTE,
    status=501,
    raises=(SyncUnsupported,),
)
async def list_synced_results(_ctx: ApiContext) -> None:
    """Read an index of results, which this hub does not keep."""
    raise SyncUnsupported


@api.add(
    "POST",
    "/unified/check_permissions",
    scope=Scope.ACTIONS_EXECUTE,
    status=501,
    raises=(PermissionsUnsupported,),
)
async def check_permissions(_ctx: ApiContext) -> None:
    """Check what a person may do at the provider, which this hub does not support."""
    raise PermissionsUnsupported
