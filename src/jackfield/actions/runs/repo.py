"""Where runs are kept: written in groups, a moment after they ended."""

from jackfield.actions.runs.models import Run, RunBodies
from jackfield.db.appender import Appender
from jackfield.kit.ids import ProjectId, RunId
from jackfield.kit.json import encode


def append_run(appender: Appender, project_id: ProjectId, run: Run) -> None:
    appender.append(
        project_id,
        """
        insert into runs
               (id, project_id, account_id, provider, action_id, source, success, status_code,
                error_code, message, started_at, duration_ms, request_id, key_id, user_agent,
                profile_id, connector_version, action_type, auth_method, mode, origin_owner_id,
                origin_owner_name, steps)
        values (:id, :project_id, :account_id, :provider, :action_id, :source, :success,
                :status_code, :error_code, :message, :started_at, :duration_ms, :request_id,
                :key_id, :user_agent, :profile_id, :connector_version, :action_type, :auth_method,
                :mode, :origin_owner_id, :origin_owner_name, :steps)
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
            "request_id": run.request_id,
            "key_id": run.key_id,
            "user_agent": run.user_agent,
            "profile_id": run.profile_id,
            "connector_version": run.connector_version,
            "action_type": run.action_type,
            "auth_method": run.auth_method,
            "mode": run.mode,
            "origin_owner_id": run.origin_owner_id,
            "origin_owner_name": run.origin_owner_name,
            "steps": encode(run.steps).decode(),
        },
    )


def append_bodies(
    appender: Appender, project_id: ProjectId, run_id: RunId, bodies: RunBodies
) -> None:
    appender.append(
        project_id,
        """
        insert into run_bodies (run_id, project_id, content)
        values (:run_id, :project_id, :content)
        """,
        {"run_id": run_id, "content": encode(bodies).decode()},
    )
