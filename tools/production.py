"""Follows the pages for operators word for word in an empty folder: `python -m tools.production`."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support import postgres
from tools import stand_in_systemctl
from tools.first_hour import ADDRESS, ROOT, Terminal

PAGES: Final = ROOT / "docs" / "operating"
SECONDS: Final = 60.0
HOST: Final = "hub.example.com"
# All that is not the pages' words. Places of the machine are below the journey's own folder, ports
# are free ones, the database is a server of the journey's own, whose TLS tests/cli/test_database_tls.py
# tests, and nothing is typed for a user that this machine does not have.
PLACES: Final = (
    *("/opt/jackfield", "/var/lib/jackfield", "/etc/jackfield", "/etc/systemd", "/etc/nginx"),
    *("/var/log/nginx", "/usr/local/sbin", "/srv/"),
)
DATABASE: Final = (
    "postgresql://jackfield:…@db.example.com/jackfield"
    "?sslmode=verify-full&sslrootcert=/etc/jackfield/db-ca.pem"
)
PASSWORD: Final = "a-password-of-the-journey"  # noqa: S105 - of a server that ends with it
STAND_INS: Final = {
    "useradd": "exit 0",
    # As the user who follows the pages.
    "runuser": 'shift 3; exec "$@"',
    "install": 'for word; do shift; [ "$word" = -o ] && skip=1 && continue; '
    '[ -n "${skip:-}" ] && skip= && continue; set -- "$@" "$word"; done; exec /usr/bin/install "$@"',
    "systemctl": 'exec {python} {root}/tools/stand_in_systemctl.py {folder} "$@"',
    "nginx": 'exec {nginx} -e stderr -p {folder} -c {folder}/etc/nginx/nginx.conf "$@"',
    # What would be typed twice at its prompt.
    "createuser": 'printf "%s\\n%s\\n" {password} {password} | exec setsid {createuser} "$@"',
}
# What is typed as root; `service` is typed in the shell that `hub-shell` opens.
ROOT_SHELL, SERVICE = "root", "service"
_BLOCK: Final = re.compile(r"^( *)```(sh|nginx)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """The blocks below a heading of a page; `variables` are what the page leaves to the reader."""

    page: str
    heading: str
    shell: str = ROOT_SHELL
    only: int | None = None
    variables: str = ""

    def blocks(self) -> list[tuple[str, str]]:
        """Return the language and the text of each block."""
        text = (PAGES / self.page).read_text("utf-8")
        section = re.search(
            rf"^#+ {re.escape(self.heading)}\n(.*?)(?=^#|\Z)",
            _hidden(text),
            re.MULTILINE | re.DOTALL,
        )
        assert section, self
        found = _BLOCK.findall(text[section.start(1) : section.end(1)])
        dedented = [
            (kind, re.sub(rf"^{indent}", "", code, flags=re.MULTILINE))
            for indent, kind, code in found
        ]
        assert dedented, self
        return dedented if self.only is None else [dedented[self.only]]


INSTALL: Final = Step("production.md", "Install")
# The journey's own: something sealed to be found again, and that it is.
KEEP = f"""\
curl --silent --show-error --fail -u "$JACKFIELD_API_KEY:" -H 'content-type: application/json' \
  -d '{{"url": "https://receiver.example/x", "events": ["*"]}}' https://{HOST}/jackfield/jackfield/webhooks
"""
FOUND = f"""\
curl --silent --show-error --fail -u "$JACKFIELD_API_KEY:" https://{HOST}/jackfield/jackfield/webhooks | grep receiver.example
"""
ROTATE = f"""\
hook=$(curl --silent --fail -u "$JACKFIELD_API_KEY:" https://{HOST}/jackfield/jackfield/webhooks | grep -o 'whe_[A-Za-z0-9]*' | head -1)
curl --silent --show-error --fail -u "$JACKFIELD_API_KEY:" -X POST https://{HOST}/jackfield/jackfield/webhooks/$hook/rotate >/dev/null
old=$(hub-shell jackfield keys list --json | grep -o 'key_[A-Za-z0-9]*' | head -1)
export JACKFIELD_API_KEY=$(hub-shell jackfield keys create --name another)
hub-shell jackfield keys revoke "$old"
hub-shell jackfield doctor --sign-out-everywhere
"""
JOURNEY: Final[tuple[Step | str, ...]] = (
    INSTALL,
    Step("production.md", "Run it"),
    Step("proxy.md", "Behind a proxy"),
    KEEP,
    Step("backup.md", "Backup"),
    Step("backup.md", "Back up with one command", SERVICE),
    Step("backup.md", "Copy the keyring", SERVICE),
    Step("backup.md", "Restore a backup", SERVICE, 0, "export RESTORED={folder}/one"),
    Step("production.md", "PostgreSQL", only=0),
    Step("production.md", "From SQLite to PostgreSQL"),
    "createdb restored --owner jackfield",
    Step(
        *("backup.md", "Restore a backup", SERVICE, 1),
        "export RESTORED={folder}/two RESTORED_URL={restored}",
    ),
    FOUND,
    ROTATE,
    Step("upgrade.md", "Upgrades"),
    FOUND,
)


@dataclass(frozen=True, slots=True)
class Machine:
    """The folder that stands for the machine, and the ports that stand for the pages'."""

    folder: Path
    hub: int
    tls: int
    database: int

    @property
    def url(self) -> str:
        return f"postgresql://jackfield:{PASSWORD}@127.0.0.1:{self.database}/jackfield"

    def placed(self, text: str) -> str:
        """Return what a page or a file of the repository says, for this machine."""
        text = text.replace(DATABASE, self.url).replace(ADDRESS, str(ROOT))
        text = re.sub(r"(?<![\w.])(" + "|".join(PLACES) + ")", rf"{self.folder}\1", text)
        text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{self.tls} ssl")
        return text.replace("127.0.0.1:8080", f"127.0.0.1:{self.hub}").replace(
            "--port 8080", f"--port {self.hub}"
        )

    def prepare(self) -> None:
        """Make what a machine has before: an empty home, nginx, a certificate, stand-ins."""
        for each in ("home", "bin", "etc/systemd/system", "etc/nginx/conf.d", "var/log/nginx"):
            (self.folder / each).mkdir(parents=True)
        for each in ("usr/local/sbin", "var/lib/jackfield", "srv", "opt"):
            (self.folder / each).mkdir(parents=True)
        values = {
            "folder": self.folder,
            "root": ROOT,
            "python": sys.executable,
            "password": PASSWORD,
            "nginx": _program("nginx"),
            "createuser": postgres.binary("createuser"),
        }
        for name, code in STAND_INS.items():
            filled = re.sub(r"\{(\w+)\}", lambda found: str(values[found[1]]), code)
            self.program(self.folder / "bin" / name, filled)
        subprocess.run(  # noqa: S603 - named above or by PATH
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-subj", f"/CN={HOST}"),
                *("-pkeyopt", "ec_paramgen_curve:prime256v1"),
                *("-addext", f"subjectAltName=DNS:{HOST}", "-keyout", "hub.key", "-out", "hub.pem"),
            ],
            cwd=self.folder / "etc/nginx",
            check=True,
            capture_output=True,
        )
        places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = "".join(f"{each}_temp_path {self.folder}/{each};" for each in places)
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "etc/nginx/nginx.conf").write_text(
            f"daemon off; pid {self.folder}/nginx.pid; {user} events {{}}\n"
            f"http {{ {paths} include {self.folder}/etc/nginx/conf.d/*.conf; }}\n",
            "utf-8",
        )
        (self.folder / "home/.curlrc").write_text(
            f'connect-to = "{HOST}:443:127.0.0.1:{self.tls}"\n'
            f'cacert = "{self.folder}/etc/nginx/hub.pem"\n',
            "utf-8",
        )

    def program(self, file: Path, code: str) -> None:
        file.write_text(f"#!/bin/sh\nset -eu\n{code}\n", "utf-8")
        file.chmod(0o755)

    def placed_files(self) -> None:
        """Say in the files of `deploy` as well where things are on this machine."""
        for name in ("jackfield.service", "hub-shell"):
            file = self.folder / "opt/jackfield/deploy" / name
            file.write_text(self.placed(file.read_text("utf-8")), "utf-8")

    def variables(self) -> str:
        binaries = f"{self.folder}/bin:{self.folder}/usr/local/sbin"
        pg = Path(postgres.binary("createdb")).parent
        return (
            f"export HOME={self.folder}/home PATH={binaries}:$PATH:{pg}\n"
            f"export PGHOST={self.folder}/database PGPORT={self.database} PGUSER=postgres\n"
            f"export JACKFIELD_URL=http://127.0.0.1:{self.hub}\n"
        )


def _hidden(text: str) -> str:
    """Return a page without `#` in blocks of code, which begin no heading."""
    return re.sub(
        r"^ *```.*?^ *```",
        lambda block: block[0].replace("#", "."),
        text,
        flags=re.DOTALL | re.MULTILINE,
    )


def follow(machine: Machine, steps: tuple[Step | str, ...] = JOURNEY) -> Iterator[str]:
    """Type block after block in, and yield each with what it printed."""
    terminal = Terminal(machine.folder)
    try:
        terminal.run(machine.variables())
        for step in steps:
            if isinstance(step, str):
                yield f"{step}\n{terminal.run(step)}"
                continue
            for kind, block in step.blocks():
                code = machine.placed(block)
                if kind == "nginx":
                    file = machine.folder / "etc/nginx/conf.d/jackfield.conf"
                    file.write_text(code, "utf-8")
                elif step.shell == SERVICE:
                    given = step.variables.format(
                        folder=machine.folder,
                        restored=machine.url.removesuffix("/jackfield") + "/restored",
                    )
                    typed = f"hub-shell /bin/bash -euo pipefail <<'TYPED'\n{given}\n{code}TYPED\n"
                    yield f"{code}\n{terminal.run(typed)}"
                else:
                    yield f"{code}\n{terminal.run(code)}"
            if step is INSTALL:
                machine.placed_files()
    finally:
        terminal.close()


@contextlib.contextmanager
def machine() -> Generator[Machine]:
    """Yield an empty machine with nginx and PostgreSQL, which both run."""
    ports = [postgres.free_port() for _ in range(3)]
    folder = Path(tempfile.mkdtemp(prefix="jackfield-production-"))
    folder.chmod(0o755)
    made = Machine(folder, *ports)
    made.prepare()
    database = folder / "database"
    database.mkdir()
    started = postgres.unprivileged(database)
    try:
        data = database / "data"
        auth = ("--auth-local=trust", "--auth-host=scram-sha-256")
        subprocess.run(  # noqa: S603 - named above or by PATH
            [postgres.binary("initdb"), "-D", data, "-U", "postgres", *auth, "-E", "UTF8", "-N"],
            check=True,
            capture_output=True,
            **started,
        )
        listening = ("-h", "127.0.0.1", "-p", str(made.database), "-k", str(database))
        programs: tuple[tuple[list[str], dict[str, Any]], ...] = (
            ([postgres.binary("postgres"), "-D", str(data), *listening], started),
            ([str(folder / "bin/nginx")], {"cwd": folder}),
        )
        with contextlib.ExitStack() as stack:
            for command, how in programs:
                log = stack.enter_context((folder / f"{Path(command[0]).name}.log").open("wb"))
                process = subprocess.Popen(command, stdout=log, stderr=log, **how)  # noqa: S603 - named above
                stack.callback(process.wait, SECONDS)
                stack.callback(process.terminate)
            stack.callback(stand_in_systemctl.main, folder, "stop")
            _wait_for(database / f".s.PGSQL.{made.database}", folder / "nginx.pid")
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(*files: Path) -> None:
    until = time.monotonic() + SECONDS
    while not all(each.exists() for each in files):
        if time.monotonic() > until:
            message = f"these are not there: {files}"
            raise RuntimeError(message)
        time.sleep(0.05)


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.defpath}:/usr/sbin:/usr/local/sbin:/usr/local/bin")
    assert found, f"{name} is not installed"
    return found


def main() -> None:
    with machine() as made:
        for said in follow(made):
            print(said, flush=True)
    print("The pages can be followed.")


if __name__ == "__main__":
    main()
