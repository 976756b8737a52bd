"""The dashboard's pages by their paths."""

from typing import Final

from starlette.routing import Route

from jackfield.ui.dashboard import (
    account,
    accounts,
    connector,
    connectors,
    home,
    issues,
    keys,
    link,
    linking,
    logs,
    run,
    settings,
    sign_in,
    webhook,
    webhook_delivery,
    webhook_events,
    webhooks,
)
from jackfield.ui.dashboard.sign_in import signed_in

_POST: Final = ("POST",)

ROUTES: Final = (
    Route("/dashboard/sign-in", sign_in.show_sign_in),
    Route("/dashboard/sign-in", sign_in.sign_in, methods=_POST),
    Route("/dashboard/sign-out", sign_in.sign_out, methods=_POST),
    Route("/dashboard/sign-out-everywhere", signed_in(sign_in.sign_out_everywhere), methods=_POST),
    Route("/dashboard", signed_in(accounts.list_accounts)),
    Route("/dashboard/home", signed_in(home.show_home)),
    Route("/dashboard/home/linking", signed_in(linking.show_linking)),
    Route("/dashboard/logs", signed_in(logs.list_logs)),
    Route("/dashboard/logs/export", signed_in(logs.export_logs)),
    Route("/dashboard/logs/live", signed_in(logs.follow_logs)),
    Route("/dashboard/logs/{run_id}", signed_in(run.show_run)),
    Route("/dashboard/logs/{run_id}/again", signed_in(run.run_again), methods=_POST),
    Route("/dashboard/link", signed_in(link.new_link)),
    Route("/dashboard/link", signed_in(link.make_link), methods=_POST),
    Route("/dashboard/issues", signed_in(issues.list_issues)),
    Route("/dashboard/issues/{issue_id}", signed_in(issues.show_issue)),
    Route("/dashboard/issues/{issue_id}/{verb}", signed_in(issues.change_issue), methods=_POST),
    Route("/dashboard/connectors", signed_in(connectors.list_connectors)),
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
    Route("/dashboard/accounts/{account_id}", signed_in(account.show_account)),
    Route(
        "/dashboard/accounts/{account_id}/{verb}", signed_in(account.change_account), methods=_POST
    ),
)
