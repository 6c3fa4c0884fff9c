"""Taking Bitrix24's records out of its answers: lists, pages, single ones, batches, webhooks.

What kind of record an object is says its ``entityTypeId``, or a key that only one kind has; else
the name of the method or the file (``crm.lead.list``, ``leads-2.json``,
``deals/410/contacts.json``). Nothing of a webhook's ``auth`` is kept but the account's domain.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from salesstatus.crm.bitrix24.columns import (
    ENTITY_TYPES,
    KIND_OF_WORD,
    SHAPES,
    SIGNS,
    WEAK_SIGNS,
    Kind,
    Shapes,
)
from salesstatus.crm.bitrix24.lens import Form
from salesstatus.crm.bodies import LIMIT, Body, bodies
from salesstatus.crm.columns import Columns
from salesstatus.crm.oddities import Place, Reporter, safely
from salesstatus.crm.pages import Lists

CLASSIC, ITEM = Form


@attrs.frozen
class Row:
    """One record of an answer: its kind, its form, its values by our fields, and its body.

    `about` is the lead or the deal whose contact it is, as the name of the content says; of a field
    it is the field's name. `domain` is that of the account which sent a webhook. `columns` reads
    the record.
    """

    kind: Kind
    form: Form
    values: dict[str, Any]
    body: Mapping[str, Any]
    place: Place
    columns: Columns
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
        yield from unpacking.answer(body, hint)


_DUPLICATES: Final = frozenset({"LEAD", "CONTACT", "COMPANY"})
#: How many sets of keys are remembered.
_REMEMBERED: Final = 1000
#: The kinds whose records have no ids of their own.
_WITHOUT_ID: Final = (Kind.DEAL_CONTACT,)
#: Answers hold answers in batches only, and lists in no list.
_DEEPEST: Final = 4


def _is_field(value: object) -> bool:
    return type(value) is dict and "type" in value and "isRequired" in value


@attrs.frozen
class _Unpacking:
    """Takes the answers apart."""

    report: Reporter
    shapes: Shapes
    skipped: Counter[str]
    lists: Lists
    signs: dict[tuple[str, ...], Kind | None] = attrs.field(factory=dict)

    def answer(self, body: Body, hint: Hint, depth: int = 0) -> Iterator[Row]:
        value, place = body.value, body.place
        if type(value) is list:
            yield from self._list(value, place, hint)
        elif type(value) is not dict:
            self.report.not_used(place, "an object", safely("", value))
        elif "error" in value and "result" not in value:
            code = (
                safely("", value["error"]) if value["error"] not in ("", None) else "without a code"
            )
            self.report.not_used(place, "records", f"an error response: {code}")
        elif type(value.get("event")) is str:
            yield from self._event(value, place)
        elif "result" in value:
            yield from self._result(value, place, hint, depth)
        else:
            yield from self._record(value, place, hint)

    def _result(
        self, answer: dict[str, Any], place: Place, hint: Hint, depth: int
    ) -> Iterator[Row]:
        result, at = answer["result"], place.at("result")
        if type(result) is bool:
            self.skipped["a confirmation"] += 1
        elif type(result) is int:
            self.skipped["the id of a new record"] += 1
        elif type(result) is list:
            yield from self._page(answer, result, at, hint)
        elif type(result) is not dict:
            self.report.not_used(at, "records", safely("", result))
        else:
            yield from self._object(answer, result, at, hint, depth)

    def _object(
        self, answer: dict[str, Any], result: dict[str, Any], at: Place, hint: Hint, depth: int
    ) -> Iterator[Row]:
        if type(result.get("item")) is dict:
            yield from self._record(result["item"], at.at("item"), hint)
        elif type(result.get("items")) is list:
            yield from self._page(answer, result["items"], at.at("items"), hint)
        elif type(result.get("categories")) is list:
            yield from self._page(
                answer, result["categories"], at.at("categories"), Hint(Kind.CATEGORY)
            )
        elif type(result.get("result")) in (dict, list) and depth < _DEEPEST:
            yield from self._batch(result, at, depth)
        elif (
            result
            and result.keys() <= _DUPLICATES
            and all(type(ids) is list for ids in result.values())
        ):
            self.skipped["the ids of duplicates"] += 1
        elif result and all(map(_is_field, result.values())):
            yield from self._fields(result, at, hint)
        else:
            yield from self._record(result, at, hint)

    def _batch(self, batch: dict[str, Any], place: Place, depth: int) -> Iterator[Row]:
        """Yield what the answers of a batch hold, each under the name of its request."""
        results = batch["result"]
        named = results.items() if type(results) is dict else enumerate(results)
        for name, result in named:
            answer: dict[str, Any] = {"result": result}
            for key in ("total", "next"):
                numbers = batch.get(f"result_{key}")
                if type(numbers) is dict and type(numbers.get(name)) is int:
                    answer[key] = numbers[name]
            at = place.at("result").at(name)
            yield from self.answer(Body(at, answer), Hint.of(str(name)), depth + 1)
        errors = batch.get("result_error")
        for name in errors if type(errors) is dict else ():
            self.report.not_used(place.at("result_error").at(name), "records", "an error response")

    def _page(
        self, answer: dict[str, Any], members: list[Any], place: Place, hint: Hint
    ) -> Iterator[Row]:
        self.lists.add(place, hint.kind, answer, members)
        if not members:
            self.skipped["an empty list"] += 1
        yield from self._list(members, place, hint)

    def _list(self, members: list[Any], place: Place, hint: Hint) -> Iterator[Row]:
        for number, member in enumerate(members):
            at = place.at(number)
            if type(member) is not dict:
                self.report.not_used(at, "an object", safely("", member))
            elif "result" in member or "error" in member or type(member.get("event")) is str:
                yield from self.answer(Body(at, member), hint, _DEEPEST)
            else:
                yield from self._record(member, at, hint)

    def _record(self, body: dict[str, Any], place: Place, hint: Hint) -> Iterator[Row]:
        if not body:
            self.skipped["an empty object"] += 1
            return
        form = ITEM if "id" in body and "ID" not in body else CLASSIC
        kind = self._kind(body, form, place, hint)
        if kind is None:
            return
        columns = self.shapes.get((kind, form)) or self.shapes[kind, CLASSIC]
        values = columns.read(body, place, self.report)
        if values is not None:
            about = hint.about if kind is hint.kind else None
            yield Row(kind, form, values, body, place, columns, about, hint.fields_of)

    def _kind(self, body: Mapping[str, Any], form: Form, place: Place, hint: Hint) -> Kind | None:
        """Return what kind of record this is, or None with a report."""
        number = body.get("entityTypeId")
        if form is ITEM and type(number) is int and hint.kind is not Kind.CATEGORY:
            if number not in ENTITY_TYPES:
                self.skipped[f"items of type {safely('', number)}"] += 1
            return ENTITY_TYPES.get(number)
        sign = self._sign(tuple(body))
        if sign is Kind.DEAL_CONTACT and hint.kind is Kind.LEAD_CONTACT:
            sign = Kind.LEAD_CONTACT
        known = sign or hint.kind
        kind = known or next((kind for kind, keys in WEAK_SIGNS if keys <= body.keys()), None)
        if kind is None or kind is Kind.FIELD:
            expected = "a kind of record by its keys, its method or its file's name"
            self.report.not_used(place, expected, "a record without a kind")
            return None
        return kind

    def _sign(self, keys: tuple[str, ...]) -> Kind | None:
        """Return the kind that alone has some of these keys; remembered, for most have the same."""
        if keys in self.signs:
            return self.signs[keys]
        there = set(keys)
        signs = (kind for kind, sign in SIGNS if sign <= there)
        found = next((kind for kind in signs if kind not in _WITHOUT_ID or "ID" not in there), None)
        if len(self.signs) < _REMEMBERED:
            self.signs[keys] = found
        return found

    def _fields(self, fields: dict[str, Any], place: Place, hint: Hint) -> Iterator[Row]:
        columns = self.shapes[Kind.FIELD, CLASSIC]
        for name, field in fields.items():
            values = columns.read(field, place.at(name), self.report)
            if values is not None:
                at, of = place.at(name), hint.fields_of or hint.kind
                yield Row(Kind.FIELD, CLASSIC, values, field, at, columns, name, of)

    def _event(self, value: dict[str, Any], place: Place) -> Iterator[Row]:
        """Yield a webhook, without its secrets."""
        data = value["data"] if type(value.get("data")) is dict else {}
        inner = data["FIELDS"] if type(data.get("FIELDS")) is dict else {}
        auth = value["auth"] if type(value.get("auth")) is dict else {}
        plain = {**value, "ID": inner.get("ID")}
        kept = {
            key: plain[key] for key in (*_EVENT_KEYS, "ID") if type(plain.get(key)) in (str, int)
        }
        number = {"ID": kept.pop("ID")} if "ID" in kept else {}
        body = {**kept, "data": {"FIELDS": number}}
        if value.get("ts") is not None and "ts" not in kept:
            self.report.left_out(place.at("ts"), "a time in seconds", safely("ts", value["ts"]))
        domain = auth["domain"].lower() if type(auth.get("domain")) is str else ""
        columns = self.shapes[Kind.EVENT, CLASSIC]
        values = columns.read(body, place, self.report)
        if values is not None:
            yield Row(
                Kind.EVENT, CLASSIC, values, body, place, columns, domain=domain[:_LONGEST_DOMAIN]
            )


#: All of a webhook that is kept, but for the id of the record.
_EVENT_KEYS: Final = ("event", "event_handler_id", "ts")
_LONGEST_DOMAIN: Final = 253


# What names say.

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
        """Return what the name of a content says."""
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
            return cls._of_method(
                methods[-1][1].lower(), (methods[-1][2] or "").lower(), path, typed
            )
        for part in reversed(re.split(r"[/\\]", path.partition("?")[0])):
            for word in reversed(_WORD.findall(part.lower())):
                if word in KIND_OF_WORD:
                    return cls(KIND_OF_WORD[word])
        return cls(typed)

    @classmethod
    def _of_method(cls, what: str, how: str, path: str, typed: Kind | None) -> Hint:
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
