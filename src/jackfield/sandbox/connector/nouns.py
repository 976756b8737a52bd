"""The resources of a provider, by the nouns in the names of its connector's actions."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

_IRREGULAR: Final = {"people": "person", "status": "status", "series": "series", "news": "news"}
_CUTS: Final = frozenset({"by", "for", "from", "in", "of", "to", "with"})
_ENDS: Final = _CUTS | {"and", "that", "which", "who"}
_NAMING: Final = frozenset(
    {"list", "get", "create", "search", "delete", "find", "add", "send", "query"}
)


def singular(word: str) -> str:
    """Return the singular of a word as names of actions have it."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def is_plural(action: str) -> bool:
    """Return whether an action's name has several of something."""
    words = _words(action)
    return bool(words) and singular(words[-1]) != words[-1]


def nouns_of(actions: Mapping[str, str]) -> dict[str, str]:
    """
    Return the noun of each action: the longest that actions are named by and it holds.

    Given are the actions' ids, and the last parameter of each one's path: where an action's name
    goes on to name that, such as in add_people_to_segment, it is about that.
    """
    known = {
        _noun(_words(each))
        for each in actions
        if each.partition("_")[0] in _NAMING and _words(each)
    }
    return {
        each: _target(each, parameter, known) or _longest(_words(each), known)
        for each, parameter in actions.items()
    }


def objects_of(sentence: str) -> set[str]:
    """Return what a sentence such as "List messages of a channel" begins to be about."""
    words = re.findall("[a-z]+", sentence.lower())[1:]
    end = next((place for place, word in enumerate(words) if word in _ENDS), len(words))
    return {singular(word) for word in words[:end]}


def _target(action: str, parameter: str, known: Iterable[str]) -> str:
    named = parameter.removesuffix("_id")
    return named if named in known and f"_to_{named}" in action else ""


def _words(action: str) -> list[str]:
    words = action.split("_")[1:]
    cut = next((index for index, word in enumerate(words) if word in _CUTS and index), len(words))
    return words[:cut]


def _noun(words: Sequence[str]) -> str:
    return "_".join(map(singular, words))


def _longest(words: Sequence[str], known: Iterable[str]) -> str:
    own = f"_{_noun(words)}_"
    held = [each for each in known if f"_{each}_" in own]
    return max(held, key=len, default="")
