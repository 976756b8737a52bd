"""Where runs are kept: written in groups, a moment after they ended."""

from jackfield.actions.models import Run
from jackfield.db.appender import Appender
from jackfield.kit.ids import ProjectId


def append_run(appender: Appender, project_id: ProjectId, run: Run) -> None:
    appender.append(
        project_id,
        """
        insert into runs
               (id, project_id, account_id, provider, action_id, source, success, status_code,
                error_code, message, started_at, duration_ms)
        values (:id, :project_id, :account_id, :provider, :action_id, :source, :success,
                :status_code, :error_code, :message, :started_at, :duration_ms)
        """,
        {
            "id": run.id,
            "account_id": run.account_id,
            "provider": run.provider,
            "action_id": run.action_id,
            "source": run.source,
            "success": run.success,
            "status_code": run.status_code,
            "error_code": run.error_code,
            "message": run.message,
            "started_at": run.started_at,
            "duration_ms": run.duration_ms,
        },
    )
