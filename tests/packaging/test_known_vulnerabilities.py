"""What `script/audit` says of the packages that are locked."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.scripted import Answer, Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
HASH = "--hash=sha256:" + "0" * 64
LOCKS = {
    "one.lock": f"aiohttp==3.1.0 \\\n    {HASH}\nOdd_Name[extra]==1.2 ; os_name == 'nt' \\\n    {HASH}\n",
    "two.lock": f"aiohttp==3.2.0 \\\n    {HASH}\n",
}


def knowing(package: str, version: str) -> Answer:
    """Answer as a service that knows one vulnerability, of one version of a package."""

    async def answer(writer: asyncio.StreamWriter, seen: Seen) -> None:
        asked = json.loads(seen.body)
        is_it = (asked["package"]["name"], asked["version"]) == (package, version)
        ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.1"}]}]
        affected = [{"package": {"name": package, "ecosystem": "PyPI"}, "ranges": ranges}]
        known = {"id": "PYSEC-2026-1", "summary": "A hole.", "affected": affected}
        await reply(json.dumps({"vulns": [known]} if is_it else {}))(writer, seen)

    return answer


async def audit(folder: Path, service: str, *options: str) -> tuple[int | None, str, str]:
    for name, text in LOCKS.items():
        (folder / name).write_text(text, "utf-8")
    running = await asyncio.create_subprocess_exec(
        str(ROOT / "script" / "audit"),
        *(str(folder / name) for name in LOCKS),
        *("--service", service, *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await running.communicate()
    return running.returncode, out.decode(), error.decode()


@pytest.mark.parametrize(
    ("package", "version", "locks"),
    [("aiohttp", "3.2.0", "two.lock"), ("odd-name", "1.2", "one.lock")],
)
async def test_a_locked_version_with_a_known_vulnerability_is_named(
    package: str, version: str, locks: str, tmp_path: Path
) -> None:
    async with scripted(knowing(package, version)) as service:
        ended, out, error = await audit(tmp_path, service.url)
        _, told, _ = await audit(tmp_path, service.url, "--json")

    assert ended == 1
    assert out == f"{package} {version}: PYSEC-2026-1, mended in 9.1 ({locks})\n"
    assert error == "known vulnerabilities: 1, in 3 packages\n"
    found: dict[str, Any] = json.loads(told)
    assert (found["packages"], found["not_asked"]) == (3, None)
    assert found["known"][0]["mended_in"] == ["9.1"]


async def test_every_version_of_every_lock_is_asked_about(tmp_path: Path) -> None:
    async with scripted(reply("{}")) as service:
        ended, out, _ = await audit(tmp_path, service.url, "--strict")

    asked = [json.loads(each.body) for each in service.seen]
    assert (ended, out) == (0, "")
    assert sorted((each["package"]["name"], each["version"]) for each in asked) == [
        ("aiohttp", "3.1.0"),
        ("aiohttp", "3.2.0"),
        ("odd-name", "1.2"),
    ]


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--strict",), 3)])
@pytest.mark.parametrize("answer", [reply("{}", status=503), reply("<html>"), None])
async def test_without_an_answer_nothing_passes_for_checked(
    answer: Answer | None, options: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    async with scripted(answer or reply()) as service:
        if answer is None:
            service.stop()
        ended, out, error = await audit(tmp_path, service.url, *options)

    assert (ended, out) == (code, "")
    assert error.startswith("Nothing was checked: ")
