"""What to do about each error, for the page about errors."""

from typing import Final

from jackfield.kit.errors import HubError

_LATER: Final = "Repeat the request after the seconds in `Retry-After`, with the same `Idempotency-Key` if it writes."
_KEY: Final = "Check the id, and that the API key is of the project it belongs to."
_CONNECTOR: Final = "Mend the connector: `jackfield connectors check` names the line."
_RELINK: Final = (
    "Have the account linked again: `POST /jackfield/accounts/{id}/reconnect_link` makes the link."
)
_PROVIDER: Final = (
    "Read `provider_errors`, and the run in the log; if the connector is at fault, mend it there."
)
_ASK_LESS: Final = "Ask for less at a time: a smaller page, a shorter time, a filter."
_NEW_LINK: Final = (
    "Open a new connect session, and send its link. Sessions are listed at "
    "`GET /jackfield/connect_sessions`."
)
_OVER: Final = "Start over from the link: it stays open until an account is linked."
_LOOK: Final = "Look at the provider whether it was done, and repeat it only if it was not. An `Idempotency-Key` avoids this."
_BUG: Final = "Report it with the lines of its `request_id` in the log."

_REMEDIES: Final = {
    "access_denied": _OVER,
    "account_missing": "Send the account's id in the header `x-account-id`.",
    "account_not_usable": "`status_reasons` of the account say why, and `reconnect` how to go on: link it again, or resume it.",
    "account_of_other_provider": "Use an account of the action's provider: `GET /accounts?provider=…`.",
    "accounts_missing": "Name at least one account in `x-account-id`, as header or in the address.",
    "action_not_allowed": "Add it to `allowed_actions` of the connector profile, or to the `actions` of the session the account is linked with.",
    "action_not_found": "Look it up: `jackfield actions list`, or `POST /actions/search`.",
    "answer_not_kept": _LOOK,
    "backup_damaged": "Take an earlier backup; `jackfield backup --verify` tells which are whole.",
    "backup_key_invalid": "Give a public key of age (`age1…`) with `--to`, a secret one in `--key-file`.",
    "backup_key_refused": "Give the key or passphrase that the backup was made with.",
    "backup_refused": "The message says why: restore into an empty installation, with the keyring in place.",
    "body_too_large": "Send less at once. A proxy may be stricter than the hub.",
    "body_too_slow": "Send the body without pauses; look at the connection, and at proxies in between.",
    "client_gone": "Keep the connection open until the answer is there; raise the client's time-out.",
    "conflict": "Read the resource again, and decide by its present state.",
    "connect_session_ended": _NEW_LINK,
    "connect_session_expired": _NEW_LINK,
    "connect_session_not_found": _NEW_LINK,
    "connect_session_revoked": _NEW_LINK,
    "connect_session_used": _NEW_LINK,
    "connect_token_invalid": "Send the session's `token` (`jf_ct_…`) in `x-hub-session-token`, not an API key.",
    "connector_not_found": "Look it up: `jackfield connectors list`, or `GET /connectors/meta`. One of your own must be below `JACKFIELD_CONNECTORS`, and sound.",
    "connector_version_not_found": "Leave the version out, or name the one in `GET /connectors/meta/{provider}`.",
    "connector_version_not_loaded": "Unpin the profile, or put that version back.",
    "credential_missing": _RELINK,
    "credential_rejected": "Follow the guide beside the form: the message names what the provider did not like.",
    "database_moved": "Start the hub, and run its commands, with the JACKFIELD_DATABASE_URL of the new database; the message says which it is. Clients repeat the request.",
    "database_moving": _LATER,
    "database_unusable": "`jackfield doctor` says why; `jackfield migrate` brings an older database to this version.",
    "default_profile_required": "Make another profile of the connector the default first.",
    "deleted_meanwhile": "Nothing: the project or the account that this was about is gone.",
    "egress_proxy_failed": "Look whether the proxy that `JACKFIELD_EGRESS_PROXY` names is up and lets the hub through.",
    "egress_blocked": "If the address is yours to reach, allow its network: `JACKFIELD_ALLOW_PRIVATE_NETWORKS`.",
    "end_user_missing": "Send the `origin_username` of the account's person in `x-end-user-id`.",
    "expressions_too_costly": _ASK_LESS,
    "file_not_found": "Run the action again, and open the new link in time.",
    "file_not_linkable": "Run the action by `POST /actions/rpc`: the answer is the file.",
    "grant_refused": _RELINK,
    "head_too_large": "Send fewer and shorter headers; move long values into the body.",
    "head_too_slow": "Send the headers without pauses; look at proxies in between.",
    "heartbeat_before_file": "Leave `Prefer: heartbeat` out for actions that give back files.",
    "host_not_declared": "Ask only hosts that the connector declares; add the host to its `hosts` if it belongs to the provider.",
    "idempotency_answer_gone": "It was done: read the result at the provider.",
    "idempotency_mismatch": "Make up a new key for each thing you want done.",
    "idempotent_stream": "Leave `stream` or the `Idempotency-Key` out.",
    "identity_changed": "Link the same account of the provider; or confirm that another one is meant: `confirm_identity_change: true`.",
    "internal": _BUG,
    "invalid_case": "Mend the file of cases: the message names the place.",
    "invalid_connector": _CONNECTOR,
    "invalid_expression": _CONNECTOR,
    "invalid_fields": "`faults` name each field and what is expected there.",
    "invalid_idempotency_key": "Use 1 to 255 visible ASCII characters.",
    "invalid_inputs": "`faults` name each input; `jackfield actions show ACTION` says what it takes.",
    "invalid_json": "Send JSON in UTF-8; the message has the place where it ends to be any.",
    "invalid_log_query": "Use the words of the query language of logs.",
    "invalid_openapi": "The message says where it cannot be read. Give a document of OpenAPI 3 or Swagger 2.0, as JSON or YAML in UTF-8.",
    "invalid_profile": "`faults` name what does not fit the connector.",
    "invalid_request": "`faults` name each value and what is expected there.",
    "invalid_rewrite": "Write `ORIGIN=TARGET`, with commas between several.",
    "invalid_setting": "The message names the variable and what it takes.",
    "invalid_step": _CONNECTOR,
    "invalid_text": "Take the character U+0000 out of what you send.",
    "issue_resolved": "Nothing: an issue opens again by itself when it is seen again.",
    "key_service_away": "Wait, and look at the service that wraps the keyring: the message names it. A hub that runs does not need it.",
    "key_service_refused": "The message says what to allow, enable or correct at the service; see the page about key services.",
    "key_in_use": "The message says what needs it; `jackfield vault status` shows it too.",
    "key_not_everywhere": "Give the keyring to the process that the message names, and run it again.",
    "keyring_changed": "Another command changed the keyring at the same moment. Run it again.",
    "keyring_unusable": "Put the right keyring in place, with mode 0600; if it is lost, see the page about backups.",
    "linked_meanwhile": "Read the account, and repeat only what is still needed.",
    "mcp_discovery_refused": "Check the address of the MCP server, and that it publishes the metadata of its sign-in.",
    "method_not_allowed": "Look the operation up in the API reference.",
    "missing_scope": "Give the key that scope: make another key with `--scopes`; scopes of a key do not change.",
    "no_installation": "Name the right place in `JACKFIELD_DATA_DIR` or `JACKFIELD_DATABASE_URL`; `jackfield serve` makes a new one.",
    "not_acceptable": "Accept `application/json` and `text/event-stream`.",
    "not_streamed": "Leave `stream` out, and follow `next`.",
    "oauth_client_refused": "Correct the id and secret of the app in the `setup` of the connector profile; accounts go on by themselves.",
    "oauth_registration_refused": "Register an app with the provider, and give it to the profile as `setup`.",
    "origin_not_allowed": "Add the page's origin to `allowed_origins` of the project, and of the session if it names some.",
    "origin_refused": "Set `JACKFIELD_PUBLIC_URL` to the address that browsers see.",
    "outcome_unknown": _LOOK,
    "pending_link_decided": "Nothing: read the account, or the refusal.",
    "pending_link_expired": _NEW_LINK,
    "pending_link_unreadable": "Refuse it, and open a new connect session.",
    "permissions_not_offered": "Use an action of the connector that tells the same.",
    "port_in_use": "End the other program, or choose another port with `--port`.",
    "profile_disabled": 'Switch it on: `PATCH /connector_profiles/{id}` with `{"active": true}`.',
    "profile_in_use": "Switch the profile off, or delete its accounts first.",
    "profile_of_other_connector": "Name a profile of the account's connector.",
    "project_ambiguous": "Name the project by one of the ids that the message lists.",
    "project_being_deleted": "Run `jackfield projects delete NAME` again until it is done, or use another name.",
    "project_connector_in_use": "Delete those accounts in the other projects, or upload the connector there under another key.",
    "project_not_found": "Look it up: `jackfield projects list`; `jackfield keys create --project NAME` makes a project.",
    "provider_answer_too_deep": _PROVIDER,
    "provider_answer_too_large": _ASK_LESS,
    "provider_answer_unreadable": _PROVIDER,
    "provider_error": _PROVIDER,
    "provider_line_too_long": _ASK_LESS,
    "provider_pagination_stalled": _PROVIDER,
    "provider_rejected": "`provider_errors` have the provider's words: mostly an input that it does not take.",
    "provider_stream_too_long": _ASK_LESS,
    "provider_unauthorized": _RELINK,
    "replay_running": "Wait for it, or stop it with `DELETE` at its address.",
    "recovery_key_exists": "Use the one there is, or make another with `--new`.",
    "recovery_key_refused": "Use the recovery key of this hub, and for an earlier backup the one of its time.",
    "revocation_running": "Wait for it: `jackfield revoke --job ID` shows how far it is.",
    "rotation_running": "Wait for it; half a minute after one was killed, run it again.",
    "rpc_request_refused": "Send one JSON-RPC 2.0 request; the message names what is wrong.",
    "run_interrupted": "Read until the end; repeat what only reads.",
    "seal_broken": "The row was altered, or sealed with another keyring: restore both from the same time.",
    "sign_in_callback_refused": _OVER,
    "sign_in_expired": _OVER,
    "sign_in_failed": "The message has the provider's words; start over, or ask the provider's administrator.",
    "sign_in_link_used": "Make another: `jackfield doctor --sign-in-link`.",
    "sign_in_not_approved": "Have it approved at the provider, then start over from the link.",
    "sign_in_not_found": _OVER,
    "sign_in_not_offered": "Choose another auth method.",
    "sign_in_other_browser": "Finish in the browser in which the sign-in began, or start over.",
    "sign_in_required": "Send the person to the auth link: a sign-in cannot be done by a request.",
    "sign_in_tenant_not_found": "Choose an organization that the list has.",
    "sign_in_used": _OVER,
    "sign_in_without_tenant": "Sign in as a member of an organization at the provider.",
    "sync_not_offered": "Leave `sync` out.",
    "token_not_signed": _CONNECTOR,
    "token_refused": "Check the app's id and secret in the `setup` of the profile, and what the account was linked with.",
    "too_many_attempts": _NEW_LINK,
    "too_many_streams": "Close a live stream that nobody looks at.",
    "transfer_refused": "The message names the row and why; mend it in the database it is in.",
    "unauthenticated": "Send an API key (`jf_sk_…`) that is neither revoked, disabled nor expired: `jackfield keys list`.",
    "unknown": _LOOK,
    "unknown_operations": "Name operations by the ids that the document has, or by a pattern such as `list*`.",
    "unresolved_reference": _CONNECTOR,
    "unsupported_media_type": "Send `content-type: application/json`.",
    "webhook_inactive": 'Switch it on: `PATCH /jackfield/webhooks/{id}` with `{"active": true}`.',
    "webhook_secret_unreadable": "`POST /jackfield/webhooks/{id}/rotate` gives it a new secret.",
}
_NOT_FOUND: Final = 404


def remedy(error: type[HubError]) -> str:
    """Return what to do about an error; by its kind, where it has nothing of its own."""
    if error.code in _REMEDIES:
        return _REMEDIES[error.code]
    if error.retryable:
        return _LATER
    return _KEY if error.status == _NOT_FOUND else "Do what the message says."


def superfluous(codes: frozenset[str]) -> frozenset[str]:
    """Return what there is a remedy for and no error."""
    return frozenset(_REMEDIES) - codes
