"""Lookup of accounts by what an operator knows of them: a customer, a label, an id."""

from typing import Final, LiteralString, cast

from jackfield.accounts.models import Account, AccountFilter, AccountPage
from jackfield.accounts.repo import Accounts
from jackfield.db.tx import Tx

_MOST_WORDS: Final = 4
_SPECIAL: Final = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})
_TEXT: Final = (
    "origin_owner_name || ' ' || origin_owner_id || ' ' || id"
    " || case when label is null or label = 'null' then '' else ' ' || label end"
)


async def find_accounts(tx: Tx, words: str, *, provider: str | None, most: int) -> list[Account]:
    """
    Return the newest accounts that have all words in what they are called; those of ids first.

    Letters are told apart by case only where the database does not know their other case.
    """
    text = words.strip()
    providers = () if provider is None else (provider,)
    if not text:
        return await _page(tx, AccountFilter(providers=providers), most)
    exact = await _page(tx, AccountFilter(ids=(text,), providers=providers), most)
    exact = exact or await _page(
        tx, AccountFilter(origin_owner_ids=(text,), providers=providers), most
    )
    if exact:
        return exact
    ids = await _matching(tx, text, provider=provider, most=most)
    return await _page(tx, AccountFilter(ids=tuple(ids)), most) if ids else []


async def _page(tx: Tx, only: AccountFilter, most: int) -> list[Account]:
    return await Accounts(tx).page(AccountPage(1, most, only))


async def _matching(tx: Tx, text: str, *, provider: str | None, most: int) -> list[str]:
    conditions: LiteralString = ""
    values: dict[str, object] = {}
    for number, word in enumerate(text.split()[:_MOST_WORDS]):
        name = cast("LiteralString", f"word_{number}")
        same: LiteralString = f"lower({_TEXT}) like :{name} escape '\\'"
        values[name] = f"%{word.lower().translate(_SPECIAL)}%"
        if not word.isascii():
            typed = cast("LiteralString", f"typed_{number}")
            same += f" or {_TEXT} like :{typed} escape '\\'"
            values[typed] = f"%{word.translate(_SPECIAL)}%"
        conditions += f" and ({same})"
    if provider is not None:
        conditions += " and provider = :provider"
        values["provider"] = provider
    rows = await tx.all(
        f"""
        select id
          from accounts
         where project_id = :project_id {conditions}
         order by id desc
         limit :limit
        """,  # noqa: S608 - the conditions are made of literals
        limit=most,
        **values,
    )
    return [row["id"] for row in rows]
