"""Repository of the API request log, written through the write buffer."""

from dataclasses import asdict
from typing import LiteralString

from jackfield.db.columns import columns_of
from jackfield.db.filters import ValueFilter, filter_clauses
from jackfield.db.keyset import Keyset
from jackfield.db.tx import Tx
from jackfield.db.write_buffer import WriteBuffer
from jackfield.kit.ids import ProjectId, RequestId
from jackfield.kit.json import convert
from jackfield.kit.pages import Page
from jackfield.logs.api_requests.models import ApiRequest, RequestFilter

_COLUMNS = columns_of(ApiRequest)


class Requests:
    """The API requests of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def page(self, only: RequestFilter, keyset: Keyset, *, size: int) -> Page[ApiRequest]:
        where, values = _conditions(only)
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from api_requests
             where project_id = :project_id {where} {keyset.where}
             order by {keyset.order_by}
             limit :limit
            """,  # noqa: S608 - the parts are made of literals
            limit=size + 1,
            **values,
            **keyset.values,
        )
        return keyset.page(rows, [convert(row, ApiRequest) for row in rows], size)


def append_request(buffer: WriteBuffer, project_id: ProjectId, request: ApiRequest) -> None:
    buffer.append(
        project_id,
        """
        insert into api_requests
               (id, project_id, key_id, user_agent, category, account_id, http_method, path,
                success, status_code, error_code, started_at, duration_ms)
        values (:id, :project_id, :key_id, :user_agent, :category, :account_id, :http_method,
                :path, :success, :status_code, :error_code, :started_at, :duration_ms)
        """,
        asdict(request),
    )


def _conditions(only: RequestFilter) -> tuple[LiteralString, dict[str, object]]:
    choices: tuple[ValueFilter, ...] = (
        (" and id in (:ids)", "ids", only.ids),
        (" and key_id in (:key_ids)", "key_ids", only.key_ids),
        (" and account_id in (:account_ids)", "account_ids", only.account_ids),
        (" and category in (:categories)", "categories", only.categories),
        (" and http_method in (:http_methods)", "http_methods", only.http_methods),
        (" and status_code in (:status_codes)", "status_codes", only.status_codes),
    )
    return filter_clauses(
        choices, success=only.success, since=only.since, until=only.until, id_type=RequestId
    )
