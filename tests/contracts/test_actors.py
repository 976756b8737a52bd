"""The promise that each change knows who makes it, at every place that writes."""

import ast
from collections.abc import Iterator

from tests.support.sources import calls

# Where an actor comes from: whoever authenticated, a job, a command.
MAKERS = {
    "Actor": {
        "kit/actor.py",
        "projects/models.py",
        "connect/repo.py",
        "members/models.py",
        "portal/models.py",
    },
    "worker": {
        "accounts/jobs/service.py",
        "accounts/renewal/turns.py",
        "app.py",
        "audit/pushes/service.py",
        "connect/sent_codes/service.py",
        "db/write_buffer.py",
        "actions/undelivered_writes/service.py",
        "webhooks/delivery.py",
        "webhooks/replays/service.py",
        "accounts/disuse/service.py",
        "worker/account_checks.py",
        "worker/account_words.py",
        "worker/audit.py",
        "worker/connectors.py",
        "worker/issues.py",
        "worker/project_deletions.py",
        "worker/pruning.py",
        "worker/run_counts.py",
        "worker/revocations.py",
    },
    "unknown": {"audit/tallies.py"},
    "command": {
        "cli/backup.py",
        "cli/restore.py",
        "cli/demo.py",
        "cli/doctor.py",
        "cli/keys.py",
        "cli/members.py",
        "cli/projects.py",
        "cli/revoke.py",
        "cli/server.py",
        "cli/vault.py",
        "cli/vault_move.py",
        "cli/vault_files.py",
        "cli/vault_recovery.py",
    },
}


def test_every_place_that_writes_passes_the_actor_it_was_given() -> None:
    sites = list(_sites())

    wrong = [where for where, call in sites if not _has_actor(call)]
    assert wrong == []
    assert len(sites) > 40


def test_an_actor_is_made_only_where_it_is_known_who_acts() -> None:
    made: dict[str, set[str]] = {name: set() for name in MAKERS}
    for path, call in calls("Actor"):
        match call.func:
            case ast.Name("Actor"):
                made["Actor"].add(path)
            case ast.Attribute(ast.Name("Actor"), name):
                made[name].add(path)
            case _:
                pass

    assert {name: paths - MAKERS[name] for name, paths in made.items()} == {
        name: set() for name in MAKERS
    }


def _has_actor(call: ast.Call) -> bool:
    """A name or attribute called `actor`, or what makes one: nothing made up on the spot."""
    if len(call.args) != 2 or call.keywords:
        return False
    match call.args[1]:
        case ast.Name(name) | ast.Attribute(_, name):
            return name.lower().endswith("actor")
        case ast.Call(ast.Attribute(ast.Name("Actor"), _)):
            return True
        case _:
            return False


def _sites() -> Iterator[tuple[str, ast.Call]]:
    for path, call in calls("db.write"):
        match call.func:
            case ast.Attribute(ast.Name(owner) | ast.Attribute(_, owner), "write"):
                if owner.endswith("db"):
                    yield f"{path}:{call.lineno}", call
            case _:
                pass
