"""What the names of contents say of Bitrix24's records in them."""

from __future__ import annotations

import re
from typing import Final

import attrs

from salesstatus.crm.bitrix24.columns import ENTITY_TYPES, KIND_OF_WORD, Kind

_HOST: Final = re.compile(r"^[a-z]+://(?:[^/@]*@)?([^/:?#]+)", re.IGNORECASE)


def domain_of(name: str) -> str:
    """Return the domain of the account if a name is an address, or ``""``."""
    found = _HOST.match(name)
    return "" if found is None else found[1].lower()


_METHOD: Final = re.compile(
    r"crm[._-](lead|deal|contact|company|status|category|item|stage-?history)(?:[._-]([a-z]+))?",
    re.IGNORECASE,
)
_ASKING: Final = frozenset({"get", "list", "add", "update", "fields", "contact", "import", ""})
_USERS: Final = re.compile(r"(?:^|[^a-z])user[._-]get", re.IGNORECASE)
_HISTORY: Final = re.compile(r"stage[-_]?history", re.IGNORECASE)
_TYPE: Final = re.compile(r"entityTypeId=([0-9]{1,9})", re.IGNORECASE)
_MEMBERS: Final = re.compile(r"(lead|deal)s?[/\\]([0-9]{1,30})[/\\][^/\\]*contact", re.IGNORECASE)
_OF: Final = re.compile(r"[?&]id=([0-9]{1,30})", re.IGNORECASE)
_WORD: Final = re.compile(r"[a-z]+")
_CONTACTS_OF: Final = {"lead": Kind.LEAD_CONTACT, "deal": Kind.DEAL_CONTACT}
_STAGES_OF: Final = {Kind.LEAD: Kind.LEAD_STAGE, Kind.DEAL: Kind.DEAL_STAGE}


@attrs.frozen
class Hint:
    """What a name says of the records: their kind, whose contacts they are, or whose fields."""

    kind: Kind | None = None
    about: int | None = None
    fields_of: Kind | None = None

    @classmethod
    def of(cls, name: str) -> Hint:
        """Return what a name says."""
        path = name[-_LONGEST_NAME:]
        asked = _TYPE.search(path)
        typed = None if asked is None else ENTITY_TYPES.get(int(asked[1]))
        members = _MEMBERS.search(path)
        if members is not None:
            return cls(_CONTACTS_OF[members[1].lower()], int(members[2]))
        if _HISTORY.search(path):
            return cls(None if typed is None else _STAGES_OF.get(typed))
        if _USERS.search(path):
            return cls(Kind.USER)
        methods = list(_METHOD.finditer(path))
        if methods:
            return cls._asked(methods[-1][1].lower(), (methods[-1][2] or "").lower(), path, typed)
        for part in reversed(re.split(r"[/\\]", path.partition("?")[0])):
            for word in reversed(_WORD.findall(part.lower())):
                if word in KIND_OF_WORD:
                    return cls(KIND_OF_WORD[word])
        return cls(typed)

    @classmethod
    def _asked(cls, what: str, how: str, path: str, typed: Kind | None) -> Hint:
        kind = typed if what == "item" else KIND_OF_WORD.get(what)
        if how not in _ASKING:
            return cls()
        if how == "fields":
            return cls(Kind.FIELD, fields_of=kind)
        if how == "contact" and what in _CONTACTS_OF:
            about = _OF.search(path)
            return cls(_CONTACTS_OF[what], None if about is None else int(about[1]))
        return cls(kind)


_LONGEST_NAME: Final = 400
