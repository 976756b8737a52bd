"""Subscriptions of users to lists, channels and message types."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from jackfield.sandbox.iterable.refusals import Refusal, not_found
from jackfield.sandbox.iterable.state.lists import MemberList
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.state.users import User

LISTS: Final = "emailListIds"
NO_CHANNELS: Final = "unsubscribedChannelIds"
NO_TYPES: Final = "unsubscribedMessageTypeIds"
TYPES: Final = "subscribedMessageTypeIds"


class Group(StrEnum):
    """What one can subscribe to, by the name it has in a path."""

    LIST = "emailList"
    MESSAGE_TYPE = "messageType"
    CHANNEL = "messageChannel"


def join(group: MemberList, user: User) -> None:
    group.members[user] = None
    _add(user, LISTS, group.id)


def leave(group: MemberList, user: User) -> None:
    group.members.pop(user, None)
    _discard(user, LISTS, group.id)


def set_lists(project: Project, user: User, list_ids: Iterable[int]) -> None:
    """Have a user on these lists and no others."""
    wanted = set(list_ids)
    for group in project.lists:
        if group.id in wanted:
            join(group, user)
        elif user in group.members:
            leave(group, user)


def subscribe(project: Project, user: User, group: Group, number: int) -> None:
    match group:
        case Group.LIST:
            found = project.lists.find(number)
            if found is not None:
                join(found, user)
        case Group.MESSAGE_TYPE:
            _discard(user, NO_TYPES, number)
            _add(user, TYPES, number)
        case Group.CHANNEL:
            _discard(user, NO_CHANNELS, number)


def unsubscribe(project: Project, user: User, group: Group, number: int) -> None:
    match group:
        case Group.LIST:
            found = project.lists.find(number)
            if found is not None:
                leave(found, user)
        case Group.MESSAGE_TYPE:
            _discard(user, TYPES, number)
            _add(user, NO_TYPES, number)
        case Group.CHANNEL:
            _add(user, NO_CHANNELS, number)


def require_group(project: Project, name: str, number: int) -> Group:
    """
    Read which group is meant.

    Raises:
        Refusal: there is no such group.
    """
    try:
        group = Group(name)
    except ValueError as error:
        raise _no_group(name, number) from error
    known = {
        Group.LIST: project.lists,
        Group.MESSAGE_TYPE: project.message_types,
        Group.CHANNEL: project.channels,
    }[group]
    if number not in known:
        raise _no_group(name, number)
    return group


def wants(project: Project, user: User, message_type_id: int) -> bool:
    """Tell whether a user takes messages of this type."""
    message_type = project.message_types.find(message_type_id)
    if message_type is None:
        return True
    if message_type.channel_id in user.fields.get(NO_CHANNELS, ()):
        return False
    if message_type.subscription_policy == "OptIn":
        return message_type_id in user.fields.get(TYPES, ())
    return message_type_id not in user.fields.get(NO_TYPES, ())


def _add(user: User, field: str, number: int) -> None:
    numbers: list[int] = user.fields.get(field) or []
    if number not in numbers:
        user.fields[field] = [*numbers, number]


def _discard(user: User, field: str, number: int) -> None:
    numbers: list[int] = user.fields.get(field) or []
    if number in numbers:
        user.fields[field] = [each for each in numbers if each != number]


def _no_group(name: str, number: int) -> Refusal:
    return not_found(f"No {name} with id {number} in this project")
