"""Repository of saved views."""

from typing import Final

from jackfield.db.columns import columns_of
from jackfield.db.tx import Tx
from jackfield.kit.alphabet import alphabetical
from jackfield.kit.json import convert, encode, parse
from jackfield.projects.saved_views.models import (
    LONGEST_NAME,
    LONGEST_QUERY,
    MOST_VIEWS,
    SavedView,
    SavedViewId,
    SavedViewNotFound,
    TooManySavedViews,
    ViewPage,
)

_VIEW: Final = columns_of(SavedView)


class SavedViews:
    """The saved views of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def of(self, page: ViewPage) -> list[SavedView]:
        """Return the views of a page by name."""
        rows = await self._tx.all(
            f"""
            select {_VIEW}
              from saved_views
             where project_id = :project_id and page = :page
            """,  # noqa: S608 - columns of ours
            page=page,
        )
        views = [convert({**row, "actor": parse(row["actor"])}, SavedView) for row in rows]
        return sorted(views, key=lambda view: alphabetical(view.name))

    async def save(self, page: ViewPage, name: str, query: str) -> None:
        """
        Save a view; one of the same name has the new query from now on.

        Raises:
            TooManySavedViews: the page has too many others.
        """
        kept = await self.of(page)
        name = name[:LONGEST_NAME]
        if len(kept) >= MOST_VIEWS and all(each.name != name for each in kept):
            raise TooManySavedViews
        await self._tx.run(
            """
            insert into saved_views (id, project_id, page, name, query, actor, created_at)
            values (:id, :project_id, :page, :name, :query, :actor, :now)
                on conflict (project_id, page, name) do update
               set query = excluded.query, actor = excluded.actor
            """,
            id=SavedViewId.new(self._tx.now),
            page=page,
            name=name,
            query=query[:LONGEST_QUERY],
            actor=encode(self._tx.actor).decode(),
        )

    async def remove(self, view_id: str) -> ViewPage:
        """
        Delete a view and return the page it was of; `view_id` is unchecked input.

        Raises:
            SavedViewNotFound: the project has none with this id.
        """
        row = await self._tx.one(
            "delete from saved_views where project_id = :project_id and id = :id returning page",
            id=view_id,
        )
        if row is None:
            raise SavedViewNotFound
        return ViewPage(row["page"])
