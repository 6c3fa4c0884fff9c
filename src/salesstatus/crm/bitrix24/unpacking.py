"""Taking Bitrix24's records out of its answers: lists, pages, single ones, batches, webhooks.

Answers may be without their envelopes, as clients return them: ``{"items": […]}``, a list, records
by their ids. A batch is answers by name or by number (PHP writes an array of numbers as a list).
What kind of record an object is says its ``entityTypeId``, or a key that only one kind has; else
the name of the method or the file (``crm.lead.list``, ``leads-2.json``,
``deals/410/contacts.json``). Nothing of a webhook's ``auth`` is kept but the account's domain.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from salesstatus.crm.bitrix24.columns import (
    ENTITY_TYPES,
    KIND_OF_ENTITY,
    KIND_OF_WORD,
    SHAPES,
    SIGNS,
    WEAK_SIGNS,
    Kind,
    Plan,
    Shapes,
    plan_of,
)
from salesstatus.crm.bitrix24.lens import number_of
from salesstatus.crm.bodies import LIMIT, bodies
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.crm.pages import Lists
from salesstatus.tables.plain import Unreadable


@attrs.frozen
class Row:
    """One record of an answer: its kind, its values by our fields, and its body.

    `fields` are those that the body says something of, be it nothing. `about` is the record whose
    contact or company it is, as the name of the content says; `of` says whose field it is.
    `domain` is that of the account which sent a webhook.
    """

    kind: Kind
    values: dict[str, Any] = attrs.field(repr=False)
    body: Mapping[str, Any] = attrs.field(repr=False)
    place: Place
    fields: frozenset[str] = frozenset()
    about: int | str | None = None
    of: Kind | None = None
    domain: str = ""


def rows(
    content: object,
    name: str = "input",
    report: Reporter | None = None,
    *,
    shapes: Shapes = SHAPES,
    skipped: Counter[str] | None = None,
    lists: Lists | None = None,
    limit: int = LIMIT,
) -> Iterator[Row]:
    """Yield the records of one content, in their order.

    What is strange goes to `report`. Raises `InvalidError` if it is no content.

    >>> answer = '{"result": {"ID": "7", "LAST_NAME": "Lee"}}'
    >>> [row.values["last_name"] for row in rows(answer, "crm.lead.get")]
    ['Lee']
    """
    skipped = Counter() if skipped is None else skipped
    unpacking = _Unpacking(report or Reporter(), shapes, skipped, lists or Lists())
    hint = Hint.of(name)
    for body in bodies(name, content, unpacking.report, limit):
        yield from unpacking.answer(body.value, body.place, hint)


_DUPLICATES: Final = frozenset({"LEAD", "CONTACT", "COMPANY"})
#: How many sets of keys are remembered, and how many keys that nobody knows are counted apart.
_REMEMBERED: Final = 4000
_MOST_KEYS: Final = 200
#: How deep answers may stand in answers, and lists in lists.
_DEEPEST: Final = 5
#: What stands beside a result, and beside the results of a batch.
_NUMBERS: Final = ("total", "next")
_BESIDE: Final = frozenset({*_NUMBERS, "time", "start"})
_BESIDE_BATCH: Final = frozenset(f"result_{key}" for key in (*_NUMBERS, "error", "time"))


def _is_field(value: object) -> bool:
    return type(value) is dict and "type" in value and "isRequired" in value


def _are_answers(value: Mapping[str, Any]) -> bool:
    """Whether an object has answers by their names or numbers, or records by their ids."""
    inside = [type(member) for key, member in value.items() if key not in _BESIDE]
    return (
        not {*inside}.isdisjoint({dict, list})
        and {*inside} <= {dict, list, type(None)}
        and type(value.get("item")) is not list
        and "meta" not in value  # which another CRM has
    )


def _with_id(name: str, member: Any, among: Mapping[str, Any]) -> Any:
    """Return a record with the id that it stands under, unless it has one or the numbers count."""
    if (
        type(member) is not dict
        or not name.isdecimal()
        or not {"ID", "id", "IS_PRIMARY"}.isdisjoint(member)
    ):
        return member
    counted = among.keys() == {*map(str, range(len(among)))}
    return member if counted or _are_answers(member) else {"ID": name, **member}


def _at(numbered: object, name: object) -> Any:
    """Return what a batch says of one request, in an object or in a list by its number."""
    if type(numbered) is dict:
        return numbered.get(str(name))
    number = str(name)
    if type(numbered) is list and number.isdecimal() and int(number[:9]) < len(numbered):
        return numbered[int(number[:9])]
    return None


def _part(value: Mapping[str, Any], first: str, *others: str) -> Any:
    """Return what stands at a path of an object, or in a form's flat key, as one value."""
    found = value.get(first + "".join(f"[{key}]" for key in others))
    if found is None and others:
        found = value.get(first)
        for key in others:
            found = found.get(key) if type(found) is dict else None
    return found[0] if type(found) is list and len(found) == 1 else found


@attrs.frozen
class _Unpacking:
    """Takes the answers apart."""

    report: Reporter
    shapes: Shapes
    skipped: Counter[str]
    lists: Lists
    signs: dict[tuple[str, ...], Kind | None] = attrs.field(factory=dict)
    plans: dict[tuple[object, ...], Plan] = attrs.field(factory=dict)

    def answer(self, value: Any, place: Place, hint: Hint, depth: int = 0) -> Iterator[Row]:
        """Yield the records of an answer, with its envelope or without."""
        if type(value) is list:
            yield from self._list(value, place, hint, depth)
        elif type(value) is int and hint.kind is Kind.MODE:
            yield from self._record({"mode": value}, place, hint)
        elif type(value) is not dict:
            self.report.not_used(place, "an object", safely("", value))
        elif type(_part(value, "event")) is str:
            yield from self._event(value, place)
        elif not _BESIDE_BATCH.isdisjoint(value):
            yield from self._batch(value, place, hint, depth)
        else:
            error = value.get("error")
            if "error" in value and (error or "result" not in value):
                self._error(place, error)
            if "result" in value:
                given = self._numbers(value, place)
                yield from self._result(value["result"], place.at("result"), hint, depth, given)
            elif "error" not in value:
                yield from self._object(value, place, hint, depth, {})

    def _error(self, place: Place, error: Any) -> None:
        code = error.get("code", error) if type(error) is dict else error
        found = "without a code" if code in ("", None, {}) else safely("", code)
        self.report.not_used(place, "records", f"an error response: {found}")

    def _numbers(self, answer: Mapping[str, Any], place: Place) -> dict[str, int]:
        """Return how many records a list has, and where its next page starts, as far as told."""
        found: dict[str, int] = {}
        for key in _NUMBERS:
            try:
                number = number_of(answer.get(key))
            except Unreadable:
                found_ = safely(key, answer[key])
                self.report.left_out(place.at(key), "a number of records", found_)
            else:
                found |= {} if number is None else {key: number}
        return found

    def _result(
        self,
        result: Any,
        at: Place,
        hint: Hint,
        depth: int,
        given: dict[str, int],
        request: object = None,
    ) -> Iterator[Row]:
        """Yield the records of a result; `request` is its name or number in a batch."""
        if type(result) is bool:
            self.skipped["a confirmation"] += 1
        elif type(result) in (int, str) and hint.kind is Kind.MODE:
            yield from self._record({"mode": result}, at, hint)
        elif type(result) is int:
            self.skipped["the id of a new record"] += 1
        elif type(result) is list:
            yield from self._page(result, at, hint, given, request)
        elif type(result) is not dict:
            self.report.not_used(at, "records", safely("", result))
        elif depth < _DEEPEST and (
            type(result.get("result")) in (dict, list) or not _BESIDE_BATCH.isdisjoint(result)
        ):
            yield from self._batch(result, at, hint, depth)
        else:
            yield from self._object(result, at, hint, depth, given, request)

    def _batch(self, batch: dict[str, Any], place: Place, hint: Hint, depth: int) -> Iterator[Row]:
        """Yield what the answers of a batch hold, each under the name of its request."""
        results, inside = batch.get("result"), place.at("result")
        for name, result in _named(results):
            numbers = {key: _at(batch.get(f"result_{key}"), name) for key in _NUMBERS}
            at = inside.at(name)
            given, inner = self._numbers(numbers, at), hint.inside(name)
            yield from self._result(result, at, inner, depth + 1, given, name)
        for name, error in _named(batch.get("result_error")):
            if error is not None:
                code = error.get("error") if type(error) is dict else error
                self._error(place.at("result_error").at(name), code)

    def _object(
        self,
        value: dict[str, Any],
        place: Place,
        hint: Hint,
        depth: int,
        given: dict[str, int],
        request: object = None,
    ) -> Iterator[Row]:
        """Yield the record that an object is, or those that stand in it by their names or ids."""
        if type(value.get("ID", value.get("id"))) in (int, str):
            yield from self._record(value, place, hint)
        elif value and value.keys() <= _DUPLICATES and {*map(type, value.values())} == {list}:
            self.skipped["the ids of duplicates"] += 1
        elif value and all(map(_is_field, value.values())):
            inner = Hint(Kind.FIELD, fields_of=hint.fields_of or hint.kind)
            for name, field in value.items():
                yield from self._record({"FIELD_NAME": name, **field}, place.at(name), inner)
        elif depth < _DEEPEST and _are_answers(value):
            given = given | self._numbers(value, place)
            for name, member in value.items():
                at, inner = place.at(name), hint.inside(name)
                if type(member) is list:
                    yield from self._page(member, at, inner, given, request)
                elif name not in _BESIDE:
                    yield from self.answer(_with_id(name, member, value), at, inner, depth + 1)
        else:
            yield from self._record(value, place, hint)

    def _page(
        self,
        members: list[Any],
        place: Place,
        hint: Hint,
        given: dict[str, int],
        request: object = None,
    ) -> Iterator[Row]:
        first = members[0] if members and type(members[0]) is dict else {}
        which = (hint.kind or self._sign(tuple(first)), None if "total" in given else request)
        self.lists.add(place, which, given, members)
        if not members:
            self.skipped["an empty list"] += 1
        yield from self._list(members, place, hint, _DEEPEST)

    def _list(self, members: list[Any], place: Place, hint: Hint, depth: int) -> Iterator[Row]:
        for number, member in enumerate(members):
            at = place.at(number)
            if type(member) is dict and ("ID" in member or "id" in member):
                yield from self._record(member, at, hint)
            elif type(member) is dict or (type(member) is list and depth < _DEEPEST):
                yield from self.answer(member, at, hint, depth + 1)
            else:
                self.report.not_used(at, "an object", safely("", member))

    def _record(self, body: dict[str, Any], place: Place, hint: Hint) -> Iterator[Row]:
        if not body:
            self.skipped["an empty object"] += 1
            return
        kind = self._kind(body, place, hint)
        if kind is None:
            return
        if kind is Kind.STATUS and hint.entity:
            body = {"ENTITY_ID": hint.entity, **body}
        plan = self._plan(kind, body)
        values = plan.columns.read(body, place, self.report)
        of, about = hint.fields_of, hint.about if kind is hint.kind else None
        if kind is Kind.FIELD and values is not None:
            of, about = KIND_OF_ENTITY.get(values.get("entity", ""), of), values.get("name")
        if values is not None:
            for key in plan.unknown:
                which = f"{kind.value}: {safely('', key)}, a key that is not known"
                few = which in self.skipped or len(self.skipped) < _MOST_KEYS
                self.skipped[which if few else "other keys that are not known"] += 1
            yield Row(kind, values, body, place, plan.fields, about, of)
        elif kind is Kind.DEAL:  # whose contacts may not be judged all the same
            columns = plan.columns.only("primary", "contacts", "company")
            held = columns.read(body, place, Reporter())
            if held:
                yield Row(Kind.LOST, {"id": str(place), **held}, body, place)

    def _plan(self, kind: Kind, body: Mapping[str, Any]) -> Plan:
        """Return how a body is read; remembered, for most have the same keys."""
        keys = (kind, *body)
        plan = self.plans.get(keys)
        if plan is None:
            plan = plan_of(self.shapes[kind], body)
            if len(self.plans) < _REMEMBERED:
                self.plans[keys] = plan
        return plan

    def _kind(self, body: Mapping[str, Any], place: Place, hint: Hint) -> Kind | None:
        """Return what kind of record this is, or None with a report."""
        sign = self._sign(tuple(body))
        number = body.get("entityTypeId")
        if number is not None and Kind.CATEGORY not in (sign, hint.kind):
            kind = ENTITY_TYPES.get(number) if type(number) is int else None
            if kind is None:
                self.skipped[f"items of type {safely('', number)}"] += 1
            return kind
        if sign is Kind.DEAL_CONTACT and hint.kind is Kind.LEAD_CONTACT:
            sign = Kind.LEAD_CONTACT
        known = sign or hint.kind
        kind = known or next((kind for kind, keys in WEAK_SIGNS if keys <= body.keys()), None)
        if kind is None:
            keys = ", ".join(safely("", key) for key in list(body)[:_SHOWN])
            found = f"a record without a kind: an object with the keys {keys}"
            expected = "a kind of record by its keys, its method or its file's name"
            self.report.not_used(place, expected, found)
        return kind

    def _sign(self, keys: tuple[str, ...]) -> Kind | None:
        """Return the kind that alone has some of these keys; remembered, for most have the same."""
        if keys in self.signs:
            return self.signs[keys]
        there = set(keys)
        signs = (kind for kind, sign in SIGNS if sign <= there)
        found = next((kind for kind in signs if kind not in _LINKS or "ID" not in there), None)
        if len(self.signs) < _REMEMBERED:
            self.signs[keys] = found
        return found

    def _event(self, value: dict[str, Any], place: Place) -> Iterator[Row]:
        """Yield a webhook, without its secrets."""
        id_ = _part(value, "data", "FIELDS", "ID")
        plain = {key: _part(value, key) for key in ("event", "event_handler_id", "ts")}
        body = {key: given for key, given in plain.items() if type(given) in (str, int)}
        number = {"ID": id_} if type(id_) in (str, int) else {}
        read = {key: given for key, given in {**plain, "ID": id_}.items() if given is not None}
        plan = self._plan(Kind.EVENT, read)
        values = plan.columns.read(read, place, self.report)
        domain = _part(value, "auth", "domain")
        where = domain.lower()[:_LONGEST_DOMAIN] if type(domain) is str else ""
        if values is not None:
            body |= {"data": {"FIELDS": number}}
            yield Row(Kind.EVENT, values, body, place, plan.fields, domain=where)


#: The kinds whose records have no ids of their own.
_LINKS: Final = (Kind.DEAL_CONTACT, Kind.CONTACT_COMPANY)
_LONGEST_DOMAIN: Final = 253
_SHOWN: Final = 8


def _named(members: Any) -> Iterable[tuple[str | int, Any]]:
    """Return the members of an object or a list, with their names or numbers."""
    if type(members) is dict:
        return members.items()
    return enumerate(members if type(members) is list else ())


# What names say.

_HOST: Final = re.compile(r"^[a-z]+://(?:[^/@]*@)?([^/:?#]+)", re.IGNORECASE)


def domain_of(name: str) -> str:
    """Return the domain of the account if a name is an address, or ``""``."""
    found = _HOST.match(name)
    return "" if found is None else found[1].lower()


_METHOD: Final = re.compile(
    r"crm[._-](lead|dealcategory|deal|contact|company|status|category|item|settings)"
    r"(?:[._-]([a-z]+))?",
    re.IGNORECASE,
)
_ASKING: Final = frozenset(
    {"get", "list", "add", "update", "fields", "contact", "company", "import", "entity", ""}
)
_USERS: Final = re.compile(r"(?:^|[^a-z])user[._-]get", re.IGNORECASE)
_HISTORY: Final = re.compile(r"stage[-_]?history", re.IGNORECASE)
_TYPE: Final = re.compile(r"entityTypeId=([0-9]{1,9})", re.IGNORECASE)
_MEMBERS: Final = re.compile(
    r"(lead|deal|contact)s?[/\\]([0-9]{1,30})[/\\][^/\\]*(contact|compan)", re.IGNORECASE
)
_OF: Final = re.compile(r"[?&]id=([0-9]{1,30})", re.IGNORECASE)
_ENTITY: Final = re.compile(r"(?<![A-Za-z])(DEAL_STAGE(?:_[0-9]{1,9})?|SOURCE|STATUS)(?![A-Za-z_])")
_WORD: Final = re.compile(r"[a-z]+")
_LINKED: Final = {
    ("lead", "contact"): Kind.LEAD_CONTACT,
    ("deal", "contact"): Kind.DEAL_CONTACT,
    ("contact", "company"): Kind.CONTACT_COMPANY,
    ("contact", "compan"): Kind.CONTACT_COMPANY,
}
_STAGES_OF: Final = {Kind.LEAD: Kind.LEAD_STAGE, Kind.DEAL: Kind.DEAL_STAGE}
_LONGEST_NAME: Final = 400


@attrs.frozen
class Hint:
    """What a name says of the records: their kind, whose they are, whose fields, of which book."""

    kind: Kind | None = None
    about: int | None = None
    fields_of: Kind | None = None
    entity: str = ""

    def inside(self, name: object) -> Hint:
        """Return what the name of a request or a member says; else what its content's says."""
        said = _NOTHING if type(name) is not str or name.isdecimal() else Hint.of(name)
        return self if said == _NOTHING else said

    @classmethod
    def of(cls, name: str) -> Hint:
        """Return what the name of a content says."""
        path = name[-_LONGEST_NAME:]
        asked, book = _TYPE.search(path), _ENTITY.search(path)
        typed = None if asked is None else ENTITY_TYPES.get(int(asked[1]))
        entity = "" if book is None else book[1]
        members = _MEMBERS.search(path)
        if members is not None:
            linked = _LINKED.get((members[1].lower(), members[3].lower()))
            return cls(linked, int(members[2]))
        if _HISTORY.search(path):
            return cls(None if typed is None else _STAGES_OF.get(typed))
        if _USERS.search(path):
            return cls(Kind.USER)
        methods = list(_METHOD.finditer(path))
        if methods:
            what, how = methods[-1][1].lower(), (methods[-1][2] or "").lower()
            kind = typed if what == "item" else KIND_OF_WORD.get(what)
            return cls._of_method(what, how, path, cls(kind, entity=entity))
        for part in reversed(re.split(r"[/\\]", path.partition("?")[0])):
            for word in reversed(_WORD.findall(part.lower())):
                if word in KIND_OF_WORD:
                    return cls(KIND_OF_WORD[word], entity=entity)
        return cls(typed)

    @classmethod
    def _of_method(cls, what: str, how: str, path: str, plain: Hint) -> Hint:
        if what == "settings" and how == "mode":
            return cls(Kind.MODE)
        if how == "fields":
            return cls(Kind.FIELD, fields_of=plain.kind)
        if (what, how) in _LINKED:
            about = _OF.search(path)
            return cls(_LINKED[what, how], None if about is None else int(about[1]))
        return plain if how in _ASKING else cls()


_NOTHING: Final = Hint()
