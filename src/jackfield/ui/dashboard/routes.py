"""The dashboard's pages by their paths."""

from typing import Final

from starlette.routing import Route

from jackfield.members.models import Role
from jackfield.members.sso.service import CALLBACK
from jackfield.ui.dashboard import (
    account,
    account_jobs,
    accounts,
    api_requests,
    audit,
    connector,
    connectors,
    decoys,
    find,
    home,
    invite,
    issues,
    keys,
    link,
    linking,
    logs,
    me,
    member_sign_in,
    members,
    projects,
    run,
    saved_views,
    settings,
    sign_in,
    upload,
    upload_version,
    webhook,
    webhook_delivery,
    webhook_events,
    webhooks,
)
from jackfield.ui.dashboard.explorer import page as explorer
from jackfield.ui.dashboard.explorer import saved_calls
from jackfield.ui.dashboard.sign_in import signed_in

_POST: Final = ("POST",)

ROUTES: Final = (
    Route("/dashboard/sign-in", sign_in.show_sign_in),
    Route("/dashboard/sign-in", sign_in.sign_in, methods=_POST),
    Route("/dashboard/sign-in/password", member_sign_in.by_password, methods=_POST),
    Route("/dashboard/sign-in/code", member_sign_in.by_code, methods=_POST),
    Route("/dashboard/sign-in/sso", member_sign_in.begin_sso),
    Route(CALLBACK, member_sign_in.finish_sso),
    Route("/dashboard/invite", invite.show_invite),
    Route("/dashboard/invite", invite.accept, methods=_POST),
    Route("/dashboard/sign-out", sign_in.sign_out, methods=_POST),
    Route(
        "/dashboard/sign-out-everywhere",
        signed_in(sign_in.sign_out_everywhere, own=True),
        methods=_POST,
    ),
    Route("/dashboard/me", signed_in(me.show_me, own=True)),
    Route("/dashboard/me/password", signed_in(me.change_password, own=True), methods=_POST),
    Route("/dashboard/me/factor/start", signed_in(me.start_factor, own=True), methods=_POST),
    Route("/dashboard/me/factor/confirm", signed_in(me.confirm_factor, own=True), methods=_POST),
    Route("/dashboard/me/factor/{verb}", signed_in(me.change_factor, own=True), methods=_POST),
    Route(
        "/dashboard/me/sessions/{session_id}/end",
        signed_in(me.end_session, own=True),
        methods=_POST,
    ),
    Route("/dashboard/projects", signed_in(projects.list_projects)),
    Route(
        "/dashboard/projects",
        signed_in(projects.create_project, least=Role.OWNER),
        methods=_POST,
    ),
    Route(
        "/dashboard/projects/rename",
        signed_in(projects.rename_project, least=Role.OWNER),
        methods=_POST,
    ),
    Route(
        "/dashboard/projects/delete",
        signed_in(projects.delete_project, least=Role.OWNER),
        methods=_POST,
    ),
    Route(
        "/dashboard/projects/switch", signed_in(projects.switch_project, own=True), methods=_POST
    ),
    Route("/dashboard/members", signed_in(members.list_members)),
    Route("/dashboard/members", signed_in(members.invite_member), methods=_POST),
    Route("/dashboard/members/leave", signed_in(members.leave, own=True), methods=_POST),
    Route(
        "/dashboard/members/second-factor",
        signed_in(members.require_second_factor, least=Role.OWNER),
        methods=_POST,
    ),
    Route(
        "/dashboard/members/invites/{invite_id}/{verb}",
        signed_in(members.change_invite),
        methods=_POST,
    ),
    Route("/dashboard/members/{member_id}/{verb}", signed_in(members.change_member), methods=_POST),
    Route("/dashboard", signed_in(accounts.list_accounts)),
    Route("/dashboard/home", signed_in(home.show_home)),
    Route("/dashboard/home/linking", signed_in(linking.show_linking)),
    Route("/dashboard/find", signed_in(find.find)),
    Route("/dashboard/views", signed_in(saved_views.save_view), methods=_POST),
    Route("/dashboard/views/{view_id}/delete", signed_in(saved_views.delete_view), methods=_POST),
    Route("/dashboard/logs", signed_in(logs.list_logs)),
    Route("/dashboard/logs/export", signed_in(logs.export_logs)),
    Route("/dashboard/logs/live", signed_in(logs.follow_logs)),
    Route("/dashboard/logs/requests", signed_in(api_requests.list_requests)),
    Route("/dashboard/logs/{run_id}", signed_in(run.show_run)),
    Route("/dashboard/logs/{run_id}/again", signed_in(run.run_again), methods=_POST),
    Route("/dashboard/link", signed_in(link.new_link)),
    Route("/dashboard/link", signed_in(link.make_link), methods=_POST),
    Route("/dashboard/issues", signed_in(issues.list_issues)),
    Route("/dashboard/issues/{issue_id}", signed_in(issues.show_issue)),
    Route("/dashboard/issues/{issue_id}/{verb}", signed_in(issues.change_issue), methods=_POST),
    Route("/dashboard/connectors", signed_in(connectors.list_connectors)),
    Route("/dashboard/connectors/upload", signed_in(upload.show_uploads)),
    Route("/dashboard/connectors/upload", signed_in(upload.upload), methods=_POST),
    Route("/dashboard/connectors/upload/{key}", signed_in(upload_version.show_connector)),
    Route(
        "/dashboard/connectors/upload/{key}/{version_id}", signed_in(upload_version.show_version)
    ),
    Route(
        "/dashboard/connectors/upload/{key}/{version_id}/files",
        signed_in(upload_version.download_version),
    ),
    Route(
        "/dashboard/connectors/upload/{key}/{version_id}/{verb}",
        # Versions are looked up in their project, so a post of another finds none.
        signed_in(upload_version.change_version, reads_itself=True),
        methods=_POST,
    ),
    Route("/dashboard/connectors/{key}", signed_in(connector.show_connector)),
    Route(
        "/dashboard/connectors/{key}/profiles/{place}",
        signed_in(connector.save_profile),
        methods=_POST,
    ),
    Route(
        "/dashboard/connectors/{key}/profiles/{place}/{verb}",
        signed_in(connector.change_profile),
        methods=_POST,
    ),
    Route("/dashboard/explorer", signed_in(explorer.show_explorer)),
    Route("/dashboard/explorer", signed_in(explorer.press, reads_itself=True), methods=_POST),
    Route(
        "/dashboard/explorer/saved/{call_id}/{verb}",
        signed_in(saved_calls.change_call),
        methods=_POST,
    ),
    Route("/dashboard/audit", signed_in(audit.list_records)),
    Route("/dashboard/audit/export", signed_in(audit.export_records)),
    Route("/dashboard/audit/{seq}", signed_in(audit.show_record)),
    Route("/dashboard/keys", signed_in(keys.list_keys)),
    Route("/dashboard/keys", signed_in(keys.make_key), methods=_POST),
    Route("/dashboard/keys/{key_id}/{verb}", signed_in(keys.change_key), methods=_POST),
    Route("/dashboard/settings", signed_in(settings.show_settings)),
    Route("/dashboard/settings/{part}", signed_in(settings.save_settings), methods=_POST),
    Route("/dashboard/webhooks", signed_in(webhooks.list_endpoints)),
    Route("/dashboard/webhooks", signed_in(webhooks.add_endpoint), methods=_POST),
    Route("/dashboard/webhooks/events", signed_in(webhook_events.list_events)),
    Route("/dashboard/webhooks/{endpoint_id}", signed_in(webhook.show_endpoint)),
    Route(
        "/dashboard/webhooks/{endpoint_id}/deliveries/{event_id}",
        signed_in(webhook_delivery.show_delivery),
    ),
    Route(
        "/dashboard/webhooks/{endpoint_id}/deliveries/{event_id}/replay",
        signed_in(webhook_delivery.replay_delivery),
        methods=_POST,
    ),
    Route(
        "/dashboard/webhooks/{endpoint_id}/{verb}",
        signed_in(webhook.change_endpoint),
        methods=_POST,
    ),
    Route("/dashboard/decoys", signed_in(decoys.show_decoys, least=Role.ADMIN)),
    Route("/dashboard/decoys", signed_in(decoys.make_decoy), methods=_POST),
    Route("/dashboard/decoys/freeze", signed_in(decoys.save_freeze), methods=_POST),
    Route("/dashboard/account-jobs", signed_in(account_jobs.list_jobs)),
    Route("/dashboard/account-jobs", signed_in(account_jobs.start_job), methods=_POST),
    Route("/dashboard/account-jobs/new", signed_in(account_jobs.confirm_job), methods=_POST),
    Route("/dashboard/account-jobs/{job_id}", signed_in(account_jobs.show_job)),
    Route("/dashboard/account-jobs/{job_id}/report", signed_in(account_jobs.show_report)),
    Route(
        "/dashboard/account-jobs/{job_id}/{verb}",
        signed_in(account_jobs.change_job),
        methods=_POST,
    ),
    Route("/dashboard/accounts/{account_id}", signed_in(account.show_account)),
    Route(
        "/dashboard/accounts/{account_id}/{verb}", signed_in(account.change_account), methods=_POST
    ),
)
