"""Every route of the REST API: a new resource is one more line here."""

from typing import Final

from jackfield.http.resources import (
    account_jobs,
    account_search,
    accounts,
    actions,
    audit,
    connect_sessions,
    connection_attempts,
    connectors,
    decoys,
    feedback,
    files,
    health,
    issues,
    keys,
    log_searches,
    pending_links,
    permissions,
    portal_frames,
    portal_sessions,
    profiles,
    project,
    proxy,
    revocations,
    rpc,
    search,
    unsupported,
    uploads,
    webhook_events,
    webhook_replays,
    webhooks,
)
from jackfield.http.resources import hub as hub_resource
from jackfield.http.resources.logs import routes as logs
from jackfield.http.resources.request_logs import routes as request_logs
from jackfield.http.routing import Route, Routes

_RESOURCES: Final[tuple[Routes, ...]] = (
    rpc.api,
    proxy.api,
    unsupported.api,
    actions.api,
    search.api,
    feedback.api,
    files.api,
    request_logs.api,
    logs.api,
    log_searches.api,
    audit.api,
    connect_sessions.api,
    accounts.api,
    account_search.api,
    account_jobs.api,
    revocations.api,
    decoys.api,
    permissions.api,
    issues.api,
    connectors.api,
    uploads.api,
    profiles.api,
    connect_sessions.open_sessions,
    pending_links.api,
    hub_resource.api,
    connection_attempts.api,
    connection_attempts.ended_api,
    portal_sessions.api,
    portal_frames.api,
    project.api,
    keys.api,
    webhooks.api,
    webhook_events.api,
    webhook_replays.api,
    health.api,
)
ROUTES: Final[tuple[Route, ...]] = tuple(
    route for resource in _RESOURCES for route in resource.routes
)
