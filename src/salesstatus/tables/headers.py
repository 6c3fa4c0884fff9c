"""What the headers of a table mean, by `salesstatus.tables.vocabulary`.

A header is compared by its letters and digits alone (`salesstatus.keys.text_key`), and whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from salesstatus.keys import text_key
from salesstatus.tables.vocabulary import BESIDE, FILES, HEADINGS, UNDECIDED, Heading, Kind
from salesstatus.values import InvalidError


def header_key(header: str) -> str:
    """Return a header as it is compared; one without any letter or digit is compared as it stands.

    >>> header_key(" E-Mail: ")
    'e mail'
    """
    return text_key(header) or header.strip()


def trimmed(headers: Sequence[str]) -> list[str]:
    """Return headers without blank ones at the end: some programs end rows with a delimiter."""
    names = list(headers)
    while not names[-1].strip():
        names.pop()
    return names


def _kept(rows: Iterable[tuple[str, str, str]], kind: Kind) -> Mapping[str, str]:
    return {
        header_key(name): reason
        for letters, names, reason in rows
        if kind.value[0] in letters
        for name in names.split(" | ")
    }


def _beside(kind: Kind) -> Mapping[str, tuple[tuple[str, str, str], ...]]:
    found: dict[str, tuple[tuple[str, str, str], ...]] = {}
    for letter, name, *row in BESIDE:
        if letter == kind.value[0]:
            beside, field, reason = row
            key = header_key(name)
            found[key] = (*found.get(key, ()), (beside, field, reason))
    return found


#: By kind and key: why a header means no field, and what it means by the columns beside it.
WHY_NONE: Final = {kind: _kept(UNDECIDED, kind) for kind in Kind}
BESIDE_OF: Final = {kind: _beside(kind) for kind in Kind}


def by_key(kind: Kind, headings: Iterable[Heading] = HEADINGS) -> Mapping[str, str]:
    """Return the field that each header means. Raises `InvalidError` where that is not one."""
    found: dict[str, str] = {}
    for heading in headings:
        for key in map(header_key, heading.names if kind in heading.kinds else ()):
            if key in BESIDE_OF[kind]:
                continue
            if found.setdefault(key, heading.field) != heading.field or key in WHY_NONE[kind]:
                raise InvalidError("HEADINGS", key, "headers that mean one field each")
    return found


#: The field that each header means by itself, by kind and key.
FIELD_OF: Final[Mapping[Kind, Mapping[str, str]]] = {kind: by_key(kind) for kind in Kind}


def meanings(kind: Kind, headers: Sequence[str]) -> list[tuple[str, str]]:
    """Return for each header the field that it means beside the others, or ``""`` and the reason.

    >>> meanings(Kind.CONTACT, ["Nome", "Cognome", "Stato", "?"])[2]
    ('', 'it may be a part of the address or the status')
    """
    keys = [header_key(header) for header in headers]
    alone = {FIELD_OF[kind].get(key, "") for key in keys} | {""}
    return [_meaning(kind, key, alone) for key in keys]


def _meaning(kind: Kind, key: str, alone: set[str]) -> tuple[str, str]:
    for beside, field, reason in BESIDE_OF[kind].get(key, ()):
        if beside in alone:
            return field, reason
    field = FIELD_OF[kind].get(key, "")
    return field, "" if field else WHY_NONE[kind].get(key) or why_unknown(key, kind.value)


def why_unknown(header: str, record: str) -> str:
    """Return why a header of no field means none."""
    return (
        f"no field of a {record} has this name" if header_key(header) else "the column has no name"
    )


def kinds_with(header: str) -> frozenset[Kind]:
    """Return the kinds of records that have this header."""
    key = header_key(header)
    return frozenset(
        kind
        for kind in Kind
        if key in FIELD_OF[kind] or key in WHY_NONE[kind] or key in BESIDE_OF[kind]
    )


_NAMED: Final = {
    header_key(name): (kind, companies)
    for kind, companies, names in FILES
    for name in names.split(" | ")
}


@lru_cache(maxsize=64)
def kind_named(name: str) -> tuple[Kind | None, bool | None]:
    """Return a file's kind by its name or folder, and whether it has companies or persons.

    >>> kind_named("export/companies.csv")
    (Kind.CONTACT, True)
    """
    for part in reversed(re.split(r"[/\\]", name)):
        found = {_NAMED[word] for word in text_key(part).split() if word in _NAMED}
        if len(found) == 1:
            return found.pop()
        if found:
            kinds = {kind for kind, _ in found}
            return kinds.pop() if len(kinds) == 1 else None, None
    return None, None
