"""Where runs are kept: written in groups, a moment after they ended."""

from dataclasses import asdict

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
        asdict(run),
    )
