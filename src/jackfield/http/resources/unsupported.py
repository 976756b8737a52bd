"""What published clients can ask for and this hub does not do: it says so instead of `not found`."""

from jackfield.http.context import Call, api_key
from jackfield.http.resources.rpc import SyncNotOffered
from jackfield.http.routing import Routes
from jackfield.kit.errors import HubError
from jackfield.projects.models import Scope

api = Routes(api_key)


class PermissionsNotOffered(HubError):
    """This hub does not judge what a person may do at the provider: ask with an action."""

    code = "permissions_not_offered"
    status = 501


@api.add(
    "POST", "/actions/rpc/synced", scope=Scope.ACTIONS_EXECUTE, status=501, raises=(SyncNotOffered,)
)
async def list_synced_results(_call: Call) -> None:
    """Read an index of results, of which this hub keeps none."""
    raise SyncNotOffered


@api.add(
    "POST",
    "/unified/check_permissions",
    scope=Scope.ACTIONS_EXECUTE,
    status=501,
    raises=(PermissionsNotOffered,),
)
async def check_permissions(_call: Call) -> None:
    """Ask what a person may do at the provider, which this hub does not judge."""
    raise PermissionsNotOffered
