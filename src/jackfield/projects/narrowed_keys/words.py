"""Narrowed keys in words, and the order in which a list shows them."""

from collections.abc import Iterable, Iterator

from jackfield.projects.models import ApiKey


def limit_words(key: ApiKey) -> tuple[str, ...]:
    """Return what a narrowed key may do; nothing if it may whatever its parent may."""
    limits = key.limits
    if limits is None:
        return ()
    words: list[str] = []
    if limits.origin_owner_id is not None:
        words.append(f"customer {limits.origin_owner_id}")
    for values in (limits.account_ids, limits.connectors, limits.actions, limits.effects):
        words.extend(values or ())
    if limits.calls is not None:
        words.append(f"{key.calls_left} of {limits.calls} calls left")
    return tuple(words)


def as_tree(keys: Iterable[ApiKey]) -> Iterator[tuple[ApiKey, int]]:
    """Yield keys in their order, each followed by those that come from it, with its depth."""
    listed = list(keys)
    known = {each.id for each in listed}
    children: dict[str | None, list[ApiKey]] = {}
    for each in listed:
        # Of some the parent is not shown.
        children.setdefault(each.parent_id if each.parent_id in known else None, []).append(each)
    waiting = [(each, 0) for each in reversed(children.get(None, []))]
    while waiting:
        key, depth = waiting.pop()
        yield key, depth
        waiting += [(each, depth + 1) for each in reversed(children.get(key.id, []))]
