"""Verify an exported audit log of Jackfield without the hub: names the first broken record.

python audit_verifier.py ID:PUBLIC_KEY… < FILE, with Python 3.11 or later and `cryptography`.
"""

import hashlib
import json
import re
import sys
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey as Key

RECORD = re.compile(rb'\{"hash":"([0-9a-f]{64})","record":(.*)\}\r?\n?')
SIGNED = re.compile(rb'\{"signature":"([0-9a-f]{128})","(export|checkpoint)":(.*)\}\r?\n?')


def fail(chain: str, seq: int, reason: str) -> None:
    sys.exit(f"record {seq} of {chain}: {reason}")


def require(keys: dict, key: str, signature: bytes, body: bytes, chain: str, seq: int) -> None:
    try:
        public = Key.from_public_bytes(bytes.fromhex(keys[key]))
        public.verify(bytes.fromhex(signature.decode()), b"jackfield audit 1\n" + body)
    except (KeyError, InvalidSignature):
        fail(chain, seq, f"it is not signed by a trusted key (it names {key})")


def main(lines, keys: dict) -> None:
    parts, place, count, moment = [], 0, 0, None
    for number, line in enumerate(lines, 1):
        record, signed = RECORD.fullmatch(line), SIGNED.fullmatch(line)
        if (number == 1) != bool(signed and signed[2] == b"export") or not (record or signed):
            fail("the export", number, "this line is not what stands there in an export")
        body = json.loads(record[2] if record else signed[3])
        if number == 1:
            require(keys, body["key"], signed[1], signed[3], "the export", 1)
            moment, parts = datetime.fromisoformat(body["at"]), body["chains"]
            for part in parts:
                part["sound"], part["doubtful"] = part["begins"] != "pruned", False
                part |= {"at": part["after"], "now": part["after_hash"], "since": None}
                part["proven"] = part["after"] if part["sound"] else 0
        elif record:
            while place < len(parts) - 1 and parts[place]["at"] == parts[place]["seq"]:
                place += 1
            part, seq, count = parts[place], parts[place]["at"] + 1, count + 1
            if (body["chain"], body["seq"]) != (part["chain"], seq) or seq > part["seq"]:
                fail(part["chain"], seq, f"is missing: {body['seq']} of {body['chain']} is there")
            hashed = hashlib.sha256(bytes.fromhex(part["now"]) + record[2])
            if hashed.hexdigest() != record[1].decode():
                fail(part["chain"], seq, "is not what was written")
            part |= {"at": seq, "now": record[1].decode()}
            part["since"] = part["since"] or datetime.fromisoformat(body["at"])
        else:
            part = next(each for each in parts if each["chain"] == body["chain"])
            if body["seq"] > part["at"]:
                fail(part["chain"], part["at"] + 1, f"is missing: {body['seq']} is signed")
            if body["seq"] == part["at"] and body["hash"] != part["now"]:
                fail(part["chain"], part["proven"] + 1, "it, or one soon after, was not signed so")
            if body["type"] == "pruned" or body["key"] in keys:
                require(keys, body["key"], signed[1], signed[3], part["chain"], part["proven"] + 1)
                if body["seq"] == part["at"]:
                    part |= {"proven": body["seq"], "since": None, "doubtful": False}
                    part["sound"] |= body["type"] == "pruned"
            else:
                part["doubtful"] = True
    for part in parts:
        if part["at"] != part["seq"] or part["now"] != part["hash"]:
            fail(part["chain"], part["at"] + 1, "is missing: the log ends before it")
        is_late = part["since"] and moment - part["since"] > timedelta(hours=1)
        if is_late or part["doubtful"] or not part["sound"]:
            fail(part["chain"], part["proven"] + 1, "no trusted key signs it, or what was pruned")
    print(f"{count} records in {len(parts)} logs are as they were written")


if __name__ == "__main__":
    main(sys.stdin.buffer, dict(each.split(":") for each in sys.argv[1:]))
