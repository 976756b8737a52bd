"""The number of calls of narrowed keys, counted before each is sent."""

from typing import TYPE_CHECKING

from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.projects.key_limits import Narrowing
from jackfield.projects.narrowed_keys.models import CallsUsedUp
from jackfield.projects.narrowed_keys.repo import NarrowedKeys

if TYPE_CHECKING:
    from jackfield.runtime import Hub


async def count_call(
    hub: "Hub", project_id: ProjectId, actor: Actor, narrowing: Narrowing | None
) -> None:
    """
    Count a call of a narrowed key, and of each it comes from that has a number of calls.

    It is on disk before the call is sent: a call that is counted may not be sent, where the hub is
    killed in between, but none is sent that is not counted.

    Raises:
        CallsUsedUp: the number of one of them is used up; nothing is counted then.
    """
    if narrowing is None or not narrowing.counted:
        return
    async with hub.db.write(project_id, actor) as tx:
        keys = NarrowedKeys(tx)
        for key_id in narrowing.counted:
            if not await keys.count_call(key_id):
                msg = f"the number of calls of the API key {key_id} is used up: mint another"
                raise CallsUsedUp(msg)
