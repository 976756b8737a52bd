"""
Synonyms of action vocabulary.

A group's words stand for each other. Verbs are told apart from things, because an action has
one verb and naming it decides between actions about the same thing.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from jackfield.search.words import stem, words

_NEXT, _STEP, _LEAST = 0.95, 0.04, 0.5
_VERBS: Final[Mapping[str, str]] = {
    "get": "get fetch retrieve read find lookup show view look see display pull load obtain check inspect"
    " details detail info tell know what",
    "list": "list all every browse enumerate show see display which many fetch retrieve get overview",
    "create": "create add new make insert open register post build set generate start record"
    " log submit",
    "update": "update edit change modify rename alter patch adjust correct fix amend save set",
    "delete": "delete remove erase drop destroy purge wipe rid clear trash discard",
    "send": "send deliver dispatch email message notify shoot fire blast trigger text mail",
    "search": "search find query lookup look filter locate",
    "cancel": "cancel stop abort halt call revoke undo",
    "start": "start begin launch run kick initiate trigger activate",
    "upsert": "upsert create update save",
    "subscribe": "subscribe optin signup join enroll add put",
    "unsubscribe": "unsubscribe optout leave unlist kick off mute remove",
    "track": "track record log register report save count",
    "trigger": "trigger start fire run launch enroll",
    "activate": "activate enable resume on turn",
    "deactivate": "deactivate disable pause off turn stop",
    "archive": "archive hide shelve put away",
    "merge": "merge combine join consolidate dedupe deduplicate",
    "copy": "copy duplicate clone",
    "export": "export download dump extract backup",
    "preview": "preview render see try",
    "upload": "upload attach add import",
    "download": "download fetch get save export",
    "schedule": "schedule plan time book later",
    "approve": "approve accept confirm allow grant",
    "reject": "reject decline deny refuse",
    "assign": "assign give allocate delegate",
    "close": "close resolve finish complete end done",
    "invite": "invite add ask",
    "verify": "verify check confirm validate",
    "invalidate": "invalidate revoke expire kill void",
    "forget": "forget erase gdpr privacy",
    "unforget": "unforget restore undo again allow",
    "put": "put set write store save",
    "register": "register add enroll save",
    "find": "find search look lookup locate get",
    "declare": "declare pick choose set announce",
    "set": "set put change define configure",
    "replace": "replace overwrite swap put",
    "disable": "disable off turn deactivate block",
    "bulk": "bulk batch mass many multiple several",
    "restore": "restore recover undelete undo",
    "share": "share give grant",
    "move": "move transfer relocate",
    "count": "count many number size",
}
_THINGS: Final = (
    "employee worker staff colleague personnel",
    "user contact subscriber recipient profile person people member",
    "customer client buyer",
    "email mail inbox",
    "sms text",
    "company organization organisation business firm",
    "ticket issue case request",
    "invoice bill",
    "file document attachment",
    "leave absence vacation holiday pto timeoff",
    "candidate applicant",
    "job position opening vacancy role",
    "meeting appointment event",
    "comment note remark",
    "task todo",
    "payment charge",
    "product item article good sku",
    "order purchase",
    "opportunity deal",
    "lead prospect",
    "campaign blast broadcast mailing",
    "list audience segment",
    "journey workflow flow automation",
    "template layout",
    "experiment test ab variant",
    "statistic metric figure performance perform stat analytics report number total result rate click open trend",
    "push notification",
    "phone mobile cell number",
    "department team division",
    "salary compensation pay wage",
    "repository repo",
    "pull merge pr",
    "picture photo image avatar",
    "folder directory",
    "course training lesson",
    "website site page",
    "field attribute property",
    "tag label",
    "key id identifier",
    "token jwt credential",
    "winner best",
    "cart basket",
    "price cost amount",
    "address location",
    "expense reimbursement",
    "subscription plan",
    "transaction transfer",
    "channel room medium",
    "code otp pin",
    "history log activity timeline",
    "webhook callback hook",
    "device handset",
    "browser web",
    "proof test sample",
    "size count many big large",
    "value entry record row",
    "consent permission optin",
    "purchase buy order sale",
    "double optin",
    "team group squad",
    "calendar agenda",
)


def _things(groups: Iterable[str]) -> dict[str, frozenset[str]]:
    meanings: dict[str, set[str]] = {}
    for group in groups:
        stems = [stem(word) for word in group.split()]
        for one in stems:
            meanings.setdefault(one, set()).update(stems)
    return {one: frozenset(others - {one}) for one, others in meanings.items()}


def _verbs(groups: Mapping[str, str]) -> dict[str, dict[str, float]]:
    meanings: dict[str, dict[str, float]] = {}
    for verb, said in groups.items():
        for place, word in enumerate(said.split()):
            worth = 1.0 if place == 0 else max(_LEAST, _NEXT - _STEP * place)
            meanings.setdefault(stem(word), {}).setdefault(stem(verb), worth)
    return meanings


# The verbs that each word may mean with their likelihoods: the first of a group is the likeliest.
VERBS: Final = _verbs(_VERBS)
THINGS: Final = _things(_THINGS)
ACTION_VERBS: Final = frozenset(stem(verb) for verb in _VERBS)


def verbs_of(name: str) -> frozenset[str]:
    """Return the verbs an action's name begins with: `bulk` and `delete` of `bulk_delete_x`."""
    found: list[str] = []
    for word in words(name)[:2]:
        if stem(word) not in ACTION_VERBS:
            break
        found.append(stem(word))
    return frozenset(found)
