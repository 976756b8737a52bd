"""Whatever the hub seals is found by a rotation: it is all in one column."""

import ast
import sqlite3
from contextlib import closing

from jackfield.db.migrate import migrations
from tests.support.sources import calls

SEALED = {"credentials.sealed"}
# Opens nothing by itself.
HALVES = {"shredding_keys.key"}
# Sealed as well, each under its own key: made anew with it.
PROOFS = {"vault_keys.proof"}
# Digests, and content that is no secret.
OTHERS = {
    "account_words.word",
    "api_keys.digest",
    "connect_sessions.token_digest",
    "connector_files.content",
    "dashboard_sessions.digest",
    "files.content",
    "files.digest",
    "idempotency_keys.digest",
    "recovery_codes.digest",
    "member_invites.digest",
    "member_links.digest",
    "member_sessions.digest",
    "portal_sessions.key_digest",
    "portal_sessions.token_digest",
    "sent_codes.code_digest",
    "sent_codes.installation",
    "sign_in_attempts.subject",
    "sign_in_links.digest",
    "sign_ins.browser_digest",
    "sign_ins.key_digest",
    "sign_ins.state_digest",
    "sso_answers.digest",
    "undelivered_writes.mark",
    # Encrypted to the recovery key.
    "vault_recovery.copy",
}
# Where something is sealed: rows of the store, what a browser carries for minutes, and proofs.
SEALING = {"secrets/store.py", "secrets/sealed_cookie.py", "vault/key_check.py"}


def test_every_column_of_bytes_is_known_to_be_sealed_or_not() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        for migration in migrations():
            for statement in migration.statements:
                database.execute(statement)
        columns = database.execute(
            "select tables.name || '.' || columns.name from sqlite_master tables"
            " join pragma_table_info(tables.name) columns"
            " where tables.type = 'table' and lower(columns.type) in ('bytea', 'blob')"
        ).fetchall()

    assert {name for (name,) in columns} == SEALED | HALVES | PROOFS | OTHERS


def test_nothing_is_sealed_but_by_the_store_for_browsers_and_as_proof() -> None:
    found = {
        path
        for path, call in calls("seal")
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "seal"
        and "vault" in ast.unparse(call.func.value).lower()
    }

    assert found == SEALING
