"""The error catalogue is a promise to clients: codes may be added, not changed."""

from inline_snapshot import snapshot

from jackfield.kit.errors import summary
from tools.reference import FOLDER, catalogue, errors_page


def test_the_catalogue() -> None:
    assert {code: error.status for code, error in catalogue().items()} == snapshot(
        {
            "account_missing": 400,
            "account_not_found": 404,
            "account_not_usable": 412,
            "account_of_other_provider": 400,
            "accounts_missing": 400,
            "action_not_allowed": 403,
            "action_not_found": 404,
            "api_key_not_found": 404,
            "body_too_large": 413,
            "body_too_slow": 408,
            "client_gone": 499,
            "conflict": 409,
            "connect_session_ended": 409,
            "connect_session_expired": 401,
            "connect_session_not_found": 404,
            "connect_session_revoked": 401,
            "connect_session_used": 401,
            "connect_token_invalid": 401,
            "connector_not_found": 404,
            "connector_version_not_found": 404,
            "connector_version_not_loaded": 409,
            "credential_missing": 412,
            "credential_rejected": 400,
            "database_away": 503,
            "database_busy": 503,
            "database_unusable": 500,
            "default_profile_required": 409,
            "delivery_not_found": 404,
            "egress_blocked": 502,
            "end_user_missing": 400,
            "file_not_found": 404,
            "file_not_linkable": 501,
            "head_too_large": 431,
            "head_too_slow": 408,
            "too_many_connections": 503,
            "too_much_in_flight": 503,
            "heartbeat_before_file": 406,
            "host_not_declared": 400,
            "idempotency_answer_gone": 409,
            "idempotency_in_flight": 409,
            "idempotency_mismatch": 409,
            "idempotent_stream": 400,
            "identity_changed": 409,
            "internal": 500,
            "invalid_case": 422,
            "invalid_connector": 422,
            "invalid_expression": 500,
            "invalid_fields": 422,
            "invalid_idempotency_key": 400,
            "invalid_inputs": 422,
            "invalid_json": 400,
            "invalid_openapi": 422,
            "invalid_profile": 422,
            "invalid_request": 422,
            "invalid_rewrite": 500,
            "invalid_setting": 500,
            "invalid_step": 500,
            "invalid_text": 422,
            "linked_meanwhile": 409,
            "keyring_unusable": 500,
            "log_not_found": 404,
            "method_not_allowed": 405,
            "missing_scope": 403,
            "not_acceptable": 406,
            "not_found": 404,
            "not_streamed": 422,
            "origin_not_allowed": 403,
            "origin_refused": 403,
            "outcome_unknown": 502,
            "pending_link_decided": 409,
            "pending_link_expired": 410,
            "pending_link_not_found": 404,
            "permissions_not_offered": 501,
            "port_in_use": 500,
            "profile_disabled": 412,
            "profile_in_use": 409,
            "profile_not_found": 404,
            "profile_of_other_connector": 400,
            "project_not_found": 404,
            "provider_answer_too_deep": 502,
            "provider_answer_too_large": 502,
            "provider_answer_unreadable": 502,
            "provider_error": 502,
            "provider_line_too_long": 502,
            "provider_pagination_stalled": 502,
            "provider_rate_limited": 429,
            "provider_rejected": 502,
            "provider_timeout": 504,
            "provider_unauthorized": 502,
            "provider_unavailable": 503,
            "rpc_request_refused": 400,
            "rate_limited": 429,
            "request_timeout": 408,
            "run_not_found": 404,
            "seal_broken": 500,
            "sign_in_link_used": 410,
            "sync_not_offered": 501,
            "token_not_signed": 500,
            "unauthenticated": 401,
            "unknown": 409,
            "unresolved_reference": 500,
            "unsupported_media_type": 415,
            "webhook_not_found": 404,
            "write_in_progress": 409,
        }
    )


def test_every_error_says_what_is_wrong_in_a_sentence() -> None:
    for error in catalogue().values():
        assert summary(error)[0].isupper(), error
        assert summary(error).endswith("."), error


def test_the_page_about_errors_is_up_to_date() -> None:
    written = (FOLDER / "errors.md").read_text(encoding="utf-8")

    assert written == errors_page(), "run: make docs"
