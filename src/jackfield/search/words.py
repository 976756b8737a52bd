"""Tokenizer and stemmer of the index."""

import re
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Protocol

from snowballstemmer.english_stemmer import (  # pyright: ignore[reportMissingTypeStubs]
    EnglishStemmer,
)

_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
# The boundary between words in listUsers, HTTPHeader, user2; getURLs has one.
_SEAM: Final = re.compile(
    r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z](?:[a-rt-z]|s[a-z]))|(?<=[a-zA-Z]{3})(?=\d)"
)
# Compound words, which may also be written as two words.
_JOINED: Final = re.compile(
    r"(?<![^\W_])(in|e|opt|sign|log|web|time|check|follow|a)[-_ /]"
    r"(app|mail|in|out|up|hook|hooks|off|b)(?![^\W_])",
    re.IGNORECASE,
)
_COMPOUNDS: Final = frozenset(
    [
        "inapp",
        "email",
        "optin",
        "optout",
        "signin",
        "signup",
        "signout",
        "login",
        "logout",
        "webhook",
        "webhooks",
        "timeoff",
        "checkin",
        "checkout",
        "followup",
        "ab",
    ]
)
# Each part has an end, and no place is tried twice: the time grows with the text alone.
_ADDRESS: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
# The meanings of phrasal verbs; a few words may stand between their parts.
_PHRASES: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(rf"\b(?:{pattern})\b"), meaning)
    for pattern, meaning in (
        (r"g[eo]t(?:ting)? rid of", "delete"),
        (r"throw(?:n|ing)? away", "delete"),
        (r"(?:turn|switch)(?:ed|ing)? on", "activate"),
        (r"(?:turn|switch)(?:ed|ing)? off", "deactivate"),
        (r"(?:look(?:ed|ing|s)? up|find)(?=.* (?:by|with)(?: its| the)? id\b)", "get"),
        (r"look(?:ed|ing|s)? up", "find"),
        (r"look(?:ed|ing|s)? for", "search"),
        (r"kick(?:ed|ing|s)? off", "trigger"),
        (r"(?:bring|brought|get|take) back|put back", "restore"),
        (r"set(?:ting|s)? up", "create"),
        (r"hand(?:ed|ing|s)? (\w+ ){0,3}over", r"assign \1"),
        (r"take (\w+ ){0,3}off", r"remove \1"),
        (r"take (\w+ ){0,3}down", r"remove \1"),
        (r"call(?:ed|ing|s)? off", "cancel"),
        (r"how many", "count size"),
        (r"who(?:s| is| are| was| were)? (?:all )?(?:on|in|inside)", "get users"),
        (r"over time", "trend"),
        (r"^whose?(?: is| are)?", "get person"),
        (r"sign(?:ed|ing|s)? (\w+ ){0,3}up", r"subscribe \1"),
        (r"opt(?:ed|ing|s)? (\w+ ){0,3}in", r"subscribe \1"),
        (r"opt(?:ed|ing|s)? (\w+ ){0,3}out", r"unsubscribe \1"),
        (r"stop (?:sending|mailing|emailing)|never (?:mail|email|write)", "unsubscribe"),
        (r"money (\w+ ){0,2}back", "refund"),
        (r"(?:jot|write|note)(?:ted|d|s)? down", "create note"),
        (r"remind", "create task"),
        (r"write(?:s)? to|writing to", "send message"),
        (r"give (\w+ ){0,3}access", r"share permission \1"),
        (r"hand(?:ed|ing|s)? (\w+ ){0,3}to", r"assign \1"),
        (r"put (\w+ ){0,3}together", r"create \1"),
        (r"at the (?:end|bottom)", "append"),
        (r"prepare (?:an? |the )?(?:e?mail|message)", "create draft"),
        (r"ci (?:build|job|run)(s?)", r"workflow run\1"),
        (r"^approve (?:an? |the )?(?=pull|pr|merge)", "create review "),
        (r"get (?:me )?an? link", "create link"),
        (r"(?:some|any|every)(?:one|body)", "person"),
        (r"mailing list(s?)", r"audience\1"),
        (r"^which\b", "enumerate"),
        (r"^what (?:is |are |was |were )?(?:in|on)\b", "list"),
        (
            r"^send\b(?=.* (?:tomorrow|later|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b)",
            "schedule",
        ),
        (r"(?:put|stick|add)(?: an?| the| some)? (?:labels?|tags?) (?:on|to)", "tag"),
        (r"^wh(?:at|o) (?:has |have )?changed", "list diff history"),
        (r"who works", "list employees"),
        (r"^(?:was|were|has|have|did)\b", "status"),
        (r"^(?:bill|invoice)(?= (?:a|an|the|my|our)\b)", "create invoice"),
        (
            r"(?:add|put|insert)(?:ed|ing|s)? (\w+ ){1,5}(?:to|into|in|on|onto|at|under)\b",
            r"addto \1",
        ),
        (r"(?:don|do not|without|instead of) \w+", ""),
        (r"to (?:my |the |a )?(?:disk|computer|laptop|machine)", "download"),
        (r"how many (?:\w+ )?(?:opened|clicked|bounced|converted|open|click)", "report opens"),
        (r"how (?:did|does|do|is|are|well) (\w+ ){1,3}(?:do|doing|perform)", r"report metrics \1"),
        (r"how much", "total amount"),
        (r"what (?:can|may)", "permission"),
        (r"in private|privately", "direct"),
        (r"at once|in one go|in bulk", "bulk"),
        (r"create or update|insert or update|add or update", "upsert"),
        (r"no longer|not any ?more", "stop"),
    )
)
_ANY_PHRASE: Final = re.compile("|".join(pattern.pattern for pattern, _ in _PHRASES))
_PLAIN: Final[Mapping[str, str]] = {
    "forgot": "forget", "forgotten": "forget", "sent": "send", "bought": "buy", "got": "get",
    "gotten": "get", "made": "make", "ran": "run", "built": "build", "found": "find",
    "kept": "keep", "shown": "show", "saw": "see", "seen": "see", "left": "leave",
    "paid": "pay", "sold": "sell", "people": "person", "persons": "person", "children": "child",
    "gave": "give", "given": "give", "took": "take", "taken": "take", "wrote": "write",
    "written": "write", "began": "begin", "begun": "begin", "chose": "choose",
    "chosen": "choose", "men": "man", "women": "woman", "met": "meet", "won": "win",
    "winning": "winner", "lost": "lose", "told": "tell", "said": "say", "hid": "hide",
    "hidden": "hide", "catalogue": "catalog", "catalogues": "catalog", "typed": "type",
}  # fmt: skip
_STOP: Final = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "let",
        "like",
        "may",
        "me",
        "mine",
        "my",
        "need",
        "no",
        "of",
        "on",
        "one",
        "or",
        "our",
        "out",
        "please",
        "shall",
        "she",
        "should",
        "so",
        "some",
        "someone",
        "somebody",
        "something",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "up",
        "us",
        "want",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whom",
        "whose",
        "will",
        "with",
        "would",
        "you",
        "your",
        "via",
        "per",
        "using",
        "use",
        "able",
        "anybody",
        "anyone",
        "anything",
    ]
)
_CACHED: Final = 100_000


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802 - the library's name


class _OfThread(threading.local):
    """A stemmer has a state while it works, and the index is built in a thread beside searches."""

    def __init__(self) -> None:
        self.stemmer: _Stemmer = EnglishStemmer()


_of_thread: Final = _OfThread()


def words(text: str) -> list[str]:
    """Split `text` into lower-case words, also inside names like `listUsers` and `list_users`."""
    found: list[str] = []
    for word in _WORD.findall(_JOINED.sub(_join, text)):
        found += _parts(word)
    return found


def content_words(text: str) -> list[str]:
    """Return the words of a text without stop words; all of them if nothing else is left."""
    found = words(text)
    return [word for word in found if word not in _STOP] or found


def query_words(text: str) -> list[str]:
    """Return the words of a question without stop words, with `turn off` as one verb."""
    plain = " ".join(words(_ADDRESS.sub("email", text)))
    # Most questions have none, and then no later one comes of an earlier one either.
    if _ANY_PHRASE.search(plain):
        for pattern, meaning in _PHRASES:
            plain = pattern.sub(meaning, plain)
    return [word for word in words(plain) if word not in _STOP]


@lru_cache(maxsize=_CACHED)
def stem(word: str) -> str:
    """Return the stem of a word, the same for `users`, `user's` and `user`."""
    return _of_thread.stemmer.stemWord(_PLAIN.get(word, word))


def is_plural(word: str) -> bool:
    return word == "people" or (
        word.endswith("s") and not word.endswith(("ss", "us", "is")) and stem(word) != word
    )


def _join(match: re.Match[str]) -> str:
    joined = match[1] + match[2]
    return joined if joined.lower() in _COMPOUNDS else match[0]


@lru_cache(maxsize=_CACHED)
def _parts(word: str) -> tuple[str, ...]:
    return tuple(part.lower().partition("'")[0] for part in _SEAM.split(word) if part)
