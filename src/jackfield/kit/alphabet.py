"""The order of names in lists: one order, whatever database they are in."""


def alphabetical(name: str) -> tuple[str, str]:
    """
    Return the key that sorts `name` among others, capitals beside small letters.

    Databases sort by rules of their own: SQLite by bytes, PostgreSQL as the one who made the database
    chose.
    """
    return name.casefold(), name
