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
    " details detail info tell know what status",
    "list": "list all every browse enumerate show see display which many fetch retrieve get overview status",
    "create": "create add new make insert open register post build set generate start record"
    " log submit prepare write addto",
    "update": "update edit change modify rename alter patch adjust correct fix amend save move set",
    "delete": "delete remove erase drop destroy purge wipe rid clear trash discard",
    "send": "send deliver dispatch email message notify shoot fire blast trigger text mail post write tell",
    "search": "search find enumerate query lookup look filter locate grep",
    "cancel": "cancel stop abort halt call revoke undo",
    "start": "start begin launch run kick initiate trigger activate",
    "upsert": "upsert create update save import sync",
    "subscribe": "subscribe optin signup join enroll add put",
    "unsubscribe": "unsubscribe optout leave unlist kick off mute remove",
    "track": "track record log register report save count note",
    "trigger": "trigger start fire run launch enroll",
    "activate": "activate enable resume on turn",
    "deactivate": "deactivate disable pause off turn stop",
    "archive": "archive hide shelve remove",
    "merge": "merge combine join consolidate dedupe deduplicate land",
    "copy": "copy duplicate clone",
    "export": "export download dump extract backup save convert",
    "preview": "preview render see try",
    "upload": "upload attach add import save put",
    "download": "download fetch get save export",
    "schedule": "schedule plan time book later tomorrow morning evening tonight monday tuesday"
    " wednesday thursday friday saturday sunday",
    "approve": "approve accept confirm allow grant",
    "reject": "reject decline deny refuse",
    "assign": "assign give allocate delegate hand",
    "close": "close resolve finish complete end done",
    "invite": "invite addto add ask put bring",
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
    "share": "share give grant invite publish",
    "move": "move transfer relocate put addto shift drag",
    "count": "count many number size",
    "read": "read get fetch show see open",
    "add": "add addto put insert import label",
    "reply": "reply answer respond write",
    "trash": "trash delete throw discard bin remove",
    "append": "append addto add put insert write attach",
    "transition": "transition move change set progress",
    "dispatch": "dispatch run trigger start kick launch deploy",
    "link": "link connect relate join mark",
    "associate": "associate link connect relate attach addto",
    "identify": "identify create update save add merge recognize",
    "describe": "describe explain show tell what",
    "query": "query enumerate search find run ask filter select which",
    "finalize": "finalize finish complete close issue",
    "manage": "manage assign close open snooze reopen hand",
    "tag": "tag label mark flag addto",
    "request": "request ask order",
    "join": "join enter",
    "check": "check verify test prove",
}
_THINGS: Final = (
    "employee worker staff colleague personnel coworker teammate person",
    "user contact subscriber recipient profile person people member customer client buyer shopper",
    "email mail inbox message newsletter",
    "message chat post conversation dm",
    "thread conversation discussion reply",
    "sms text",
    "company organization organisation business firm",
    "ticket issue case request bug defect problem story",
    "invoice bill receipt",
    "file document attachment doc pdf contract content readme payslip",
    "leave absence vacation holiday pto timeoff",
    "candidate applicant",
    "job position opening vacancy role",
    "meeting appointment event agenda",
    "comment note remark reply response answer discussion",
    "task todo reminder",
    "payment charge pay money",
    "product item article good sku",
    "order purchase",
    "opportunity deal",
    "lead prospect contact",
    "campaign blast broadcast mailing newsletter single",
    "list audience segment newsletter",
    "journey workflow flow automation canvas",
    "template layout design",
    "experiment test ab variant",
    "statistic metric figure performance perform stat analytics report number total result rate click open trend",
    "push notification",
    "phone mobile cell number",
    "department team division",
    "salary compensation pay wage",
    "repository repo project",
    "pull merge pr",
    "picture photo image avatar",
    "folder directory drive disk",
    "course training lesson",
    "website site page",
    "field attribute property column",
    "tag label",
    "key id identifier",
    "token jwt credential",
    "winner best",
    "cart basket",
    "price cost amount",
    "address location place spot",
    "expense reimbursement",
    "subscription plan membership",
    "transaction transfer",
    "channel room medium group",
    "code otp pin",
    "history log activity timeline changelog audit said",
    "webhook callback hook",
    "device handset",
    "browser web",
    "proof test sample",
    "size count many big large",
    "value entry record row line cell item",
    "consent permission optin",
    "purchase buy order sale",
    "double optin",
    "team group squad",
    "calendar agenda meeting event appointment",
    "workflow ci action deploy build",
    "code function source snippet",
    "spreadsheet sheet workbook",
    "value range cell",
    "record object lead opportunity account deal",
    "refund money back",
    "dispute chargeback",
    "balance money fund cash available",
    "permission scope access right",
    "limit quota left remaining allowance",
    "status stage state progress transition",
    "owner rep salesperson seller",
    "admin agent teammate operator rep",
    "article help faq knowledge guide",
    "unsubscribe suppression optout bounce never",
    "log delivery delivered arrive status",
    "report revenue result",
    "diff file",
    "link url",
    "free busy availability available",
    "block paragraph heading text",
    "database table",
    "source table database",
    "reaction emoji thumb react smiley",
    "worklog hour effort spent",
    "gdpr erasure privacy",
    "schema structure field",
    "checklist ready",
    "test preview sample",
    "daily day",
    "active open use usage",
    "supplier vendor seller",
    "summary overview",
    "alias anonymous",
    "me self myself",
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
