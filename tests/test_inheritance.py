"""The inheritance table: complete, without contradiction, and every row of it counts.

Each row is taken out, doubled, redirected, exchanged with others, and told to carry in another way;
each such mutant of the table must contradict itself, or be refused, or make of one full lead
something else than the oracle does (`conversion_oracle`, written from the prose), by one of all
combinations of targets."""

from collections import Counter
from functools import cache
from itertools import combinations

import attrs
import pytest

import conversion_oracle as oracle
import strategies as own
from salesstatus import (
    Address,
    Contact,
    ContactKind,
    ConversionRequest,
    Deal,
    FieldDefinition,
    InvalidError,
    Lead,
    Note,
    Setup,
    Target,
    convert,
)
from salesstatus.leads import INHERITANCE
from salesstatus.leads.inheritance import inherited
from salesstatus.leads.rules import How
from salesstatus.statements import LEAD_STATEMENTS, SOURCES, Sure

PERSON, COMPANY, DEAL = Target
COPIED, UNITED, OPTED_IN, ATTACHED, NOT_CARRIED, STAYS = How
AT = own.DAY

#: Every way to opt in, and to none; and a field that nobody defined.
DEFINITIONS = [
    FieldDefinition(
        name="+".join(target.value for target in targets) or "nothing",
        **{target.value: target in targets for target in Target},
    )
    for n in range(4)
    for targets in combinations(Target, n)
]
CUSTOM = [*(definition.name for definition in DEFINITIONS), "undefined"]
TEXTS = [field.name for field in attrs.fields(Lead) if field.type is str]
SETS = ("emails", "phones", "tags")
FULL = Lead(
    id=7,
    address=Address(line1="lead street"),
    custom_fields={name: f"lead {name}" for name in CUSTOM},
    notes=["lead note"],
    open_to_all=True,
    created_at=AT,
    **{name: f"lead {name}" for name in TEXTS},
    **{name: [f"lead {name}"] for name in SETS},
)


def contact(kind, *, filled):
    """One that holds a value of its own in every field, or in none."""
    if not filled:
        return Contact(id=f"bare {kind.value}", kind=kind, name="")
    return Contact(
        id=f"old {kind.value}",
        kind=kind,
        address=Address(city="old city"),
        custom_fields={name: f"old {name}" for name in CUSTOM},
        **{field.name: f"old {field.name}" for field in attrs.fields(Contact) if field.type is str},
        **{name: [f"old {name}"] for name in SETS},
    )


def requests():
    """All combinations of targets, with new contacts, and with those to merge into that are filled
    or bare."""
    for n in (3, 2, 1):
        for targets in combinations(Target, n):
            for filled in (None, True, False):
                kinds = {PERSON: ContactKind.PERSON, COMPANY: ContactKind.COMPANY}
                # A deal by itself is placed on a contact that stays as it is.
                merged = (
                    [PERSON]
                    if targets == (DEAL,)
                    else [target for target in targets if target is not DEAL]
                )
                named = {target.value: contact(kinds[target], filled=filled) for target in merged}
                if filled is not None or targets != (DEAL,):
                    yield ConversionRequest(
                        targets=targets, **(named if filled is not None else {})
                    )


REQUESTS = list(requests())


@cache
def expected():
    """What becomes of the lead by each request, as the oracle has it."""
    return [
        oracle.expected(FULL, request, Setup(fields=DEFINITIONS), None, AT) for request in REQUESTS
    ]


def difference(table):
    """The first request by which this table makes something else of the lead than the oracle; None
    if there is none."""
    try:
        setup = Setup(fields=DEFINITIONS, inheritance=table)
        for request, wanted in zip(REQUESTS, expected(), strict=True):
            if oracle.told(convert(FULL, request, setup, at=AT)) != wanted:
                return request
    except (InvalidError, TypeError, AttributeError, KeyError) as error:
        return error
    return None


def contradictions(table):
    """The rows that say two things at once: how a value comes to a target, and that it does not."""
    for field in dict.fromkeys(row.field for row in table):
        rows = [row for row in table if row.field == field]
        carrying = [row for row in rows if row.into]
        for row in rows:
            if bool(row.into) != (row.how in (COPIED, UNITED, OPTED_IN, ATTACHED)):
                yield row, "it names a field there if it carries, and none if it does not"
            if row.how is STAYS and carrying:
                yield row, "what stays with the lead is carried to no target"
            if not row.into and row.unless is not None:
                yield row, "what is not carried needs no exception"
        if len({row.how for row in carrying}) > 1 or len({row.how is STAYS for row in rows}) > 1:
            yield rows[0], "a field is carried in one way to all its targets, or stays"
        if (field == "custom_fields") != (OPTED_IN in {row.how for row in rows}):
            yield rows[0], "only custom fields opt in"


def cites(row):
    """The rule that speaks of a field and a target, once more from the prose."""
    stays = {
        "id": "K13",
        "conversion": "K13",
        "open_to_all": "L5",
        "created_by": "L5",
        "created_at": "L9",
    }
    stays |= {"person_id": "L4", "company_id": "L4"}
    own_rule = {"custom_fields": "K7", "source": "K8", "notes": "K9", "owner": "K2"}
    if row.field in stays | own_rule:
        return (stays | own_rule)[row.field]
    if row.field in oracle.NOT_INHERITED:
        return "K10"
    if row.target is DEAL:
        return "K6" if row.field == "tags" else "K3"
    if row.field == "organization_name":
        return "K1"
    return "K5" if row.target is PERSON else "K4"


# Mutants


def place(row):
    return f"{row.field} to {row.target.value}"


def at(i, *rows):
    """The table with the row at this position replaced by these, or taken out."""
    return (*INHERITANCE[:i], *rows, *INHERITANCE[i + 1 :])


def into_elsewhere(row):
    """Other fields of the target that a value may be brought to."""
    kind = Deal if row.target is DEAL else Contact
    there = {field.name for field in attrs.fields(kind)} | {"notes"}
    return sorted(
        {"name", "description", "owner", "tags", "custom_fields", "notes", row.field}
        & there - {row.into}
    )


def single_mutants():
    for i, row in enumerate(INHERITANCE):
        yield f"{place(row)}: deleted", at(i)
        yield f"{place(row)}: doubled", at(i, row, row)
        for how in How:
            if how is not row.how:
                yield f"{place(row)}: how {how.value}", at(i, attrs.evolve(row, how=how))
        for into in into_elsewhere(row):
            how = row.how if row.into else COPIED
            yield f"{place(row)}: into {into}", at(i, attrs.evolve(row, into=into, how=how))
        if row.into:
            yield f"{place(row)}: into nothing", at(i, attrs.evolve(row, into=""))
            yield f"{place(row)}: not carried", at(i, attrs.evolve(row, into="", how=NOT_CARRIED))
        yield f"{place(row)}: by another rule", at(i, attrs.evolve(row, id="Q1"))
        for unless in (None, *Target):
            if unless is not row.unless:
                words = "always" if unless is None else f"unless {unless.value}"
                yield f"{place(row)}: {words}", at(i, attrs.evolve(row, unless=unless))
        for target in Target:
            if target is not row.target:
                yield (
                    f"{place(row)}: said of {target.value}",
                    at(i, attrs.evolve(row, target=target)),
                )
        yield f"{place(row)}: said of no field", at(i, attrs.evolve(row, field="nickname"))


def exchanges():
    """Two rows exchange where they carry to, within a target and within a field; and their places
    in the table."""
    for (i, one), (j, two) in combinations(enumerate(INHERITANCE), 2):
        if (one.target is two.target or one.field == two.field) and one.into != two.into:
            changed = list(INHERITANCE)
            changed[i], changed[j] = (
                attrs.evolve(one, into=two.into),
                attrs.evolve(two, into=one.into),
            )
            yield f"{place(one)} and {place(two)} exchange where to", tuple(changed)
        if one.field == two.field:
            changed = list(INHERITANCE)
            changed[i], changed[j] = two, one
            yield f"{place(one)} and {place(two)} exchange their places", tuple(changed)


def all_mutants():
    yield from single_mutants()
    yield from exchanges()
    yield (
        "an invented field",
        (*INHERITANCE, *(attrs.evolve(row, field="nickname") for row in INHERITANCE[:3])),
    )
    for field in dict.fromkeys(row.field for row in INHERITANCE):
        yield f"{field}: deleted", tuple(row for row in INHERITANCE if row.field != field)


MUTANTS = dict(all_mutants())

#: Mutants that say the same in other words, each with the reason why.
EQUIVALENT = {
    "source to deal: how united": "a deal is always new, and has nothing yet that its source could be united with",
}


def survives(table):
    """Whether this table cannot be told from the right one by anything it says or does."""
    malformed = next(contradictions(table), None) is not None
    return (
        not malformed and all(cites(row) == row.id for row in table) and difference(table) is None
    )


def about(words):
    return words.partition(":")[0].partition(" and ")[0]


class TestMutants:
    """No row can be taken out, doubled, redirected or invented, and no two exchanged, without a
    difference."""

    def test_the_table_as_it_is_equals_the_oracle(self):
        assert survives(INHERITANCE)

    def test_every_name_is_of_one_mutant_and_none_is_the_original(self):
        assert max(Counter(words for words, _ in all_mutants()).values()) == 1
        assert INHERITANCE not in MUTANTS.values()
        assert len({*MUTANTS.values()}) > 2500

    @pytest.mark.parametrize("first", dict.fromkeys(map(about, MUTANTS)))
    def test_each_is_refused_or_differs_from_the_oracle(self, first):
        mutants = {words: table for words, table in MUTANTS.items() if about(words) == first}
        assert [
            words for words, table in mutants.items() if survives(table) and words not in EQUIVALENT
        ] == []

    @pytest.mark.parametrize("mutant", EQUIVALENT)
    def test_those_listed_as_equivalent_are(self, mutant):
        assert survives(MUTANTS[mutant])


class TestRows:
    """There is one row for each field of a lead and each target, and each gives its reason."""

    def test_every_field_of_a_lead_has_a_row_for_each_target(self):
        fields = [field.name for field in attrs.fields(Lead)]
        assert Counter((row.field, row.target) for row in INHERITANCE) == Counter(
            (field, target) for field in fields for target in Target
        )

    def test_no_row_contradicts_itself(self):
        assert list(contradictions(INHERITANCE)) == []

    @pytest.mark.parametrize("row", INHERITANCE, ids=place)
    def test_each_cites_a_rule_and_a_source_and_gives_a_reason(self, row):
        assert row.id == cites(row)
        assert row.id in {"K4", "K5", "K7", "K8", "K9", "K10"} | {
            statement.id for statement in LEAD_STATEMENTS
        }
        assert row.source in SOURCES
        assert isinstance(row.sure, Sure)
        assert row.reason.strip() == row.reason != ""

    def test_every_row_that_carries_does_so_for_one_of_the_requests(self):
        carrying = {(row.field, row.target) for row in INHERITANCE if row.into}
        spoke = {
            (carried.field.partition("[")[0], carried.target)
            for request in REQUESTS
            for carried in convert(FULL, request, Setup(fields=DEFINITIONS), at=AT).plan.carried
        }
        assert spoke == carrying

    def test_the_full_lead_is_full(self):
        empty = {
            field.name for field in attrs.fields(Lead) if oracle.empty(getattr(FULL, field.name))
        }
        assert empty == {"person_id", "company_id", "conversion"}
        assert FULL.notes == (Note(content="lead note"),)


class TestInherited:
    """The table is written out for the targets that are made: what is carried, and else why it is
    lost."""

    @staticmethod
    def of(field, *targets):
        return next(
            item for item in inherited(INHERITANCE, frozenset(targets)) if item.field == field
        )

    def test_only_what_does_not_stay_with_the_lead_is_in_it(self):
        staying = {row.field for row in INHERITANCE if row.how is STAYS}
        fields = [item.field for item in inherited(INHERITANCE, frozenset(Target))]
        in_order = dict.fromkeys(row.field for row in INHERITANCE)
        assert fields == [field for field in in_order if field not in staying]
        assert {*fields} == {field.name for field in attrs.fields(Lead)} - staying

    def test_the_targets_that_are_made_get_what_their_rows_carry(self):
        assert [row.target for row in self.of("website", *Target).rows] == [PERSON, COMPANY]
        assert [row.target for row in self.of("website", COMPANY, DEAL).rows] == [COMPANY]
        assert self.of("website", DEAL).rows == ()

    def test_what_no_target_carries_says_which_one_would(self):
        for field, targets, rule, reason in (
            ("website", [DEAL], "K5", "no person is created"),
            ("organization_name", [PERSON, DEAL], "K1", "no company is created"),
            ("source", [PERSON, COMPANY], "K8", "no deal is created"),
            ("title", Target, "K10", "it is not in the list of inherited fields"),
        ):
            item = self.of(field, *targets)
            assert (item.rows, item.lost) == ((), (rule, reason))

    @pytest.mark.parametrize(
        ("made", "targets"),
        [([PERSON], [PERSON]), ([COMPANY], [COMPANY]), ([PERSON, COMPANY], [PERSON])],
    )
    def test_notes_go_to_the_person_if_there_is_one(self, made, targets):
        assert [row.target for row in self.of("notes", *made).rows] == targets
        assert [row.target for row in self.of("notes", *made, DEAL).rows] == [*targets, DEAL]

    @pytest.mark.parametrize(
        ("table", "field"),
        [
            (INHERITANCE[1:], "first_name"),
            (INHERITANCE[:-1], "created_at"),
            ((*INHERITANCE, INHERITANCE[3]), "last_name"),
            ((INHERITANCE[1], INHERITANCE[0], *INHERITANCE[2:]), "first_name"),
            ((*INHERITANCE, attrs.evolve(INHERITANCE[0], field="nickname")), "nickname"),
            ((), "id"),
        ],
    )
    def test_a_table_that_is_not_complete_is_refused_by_the_field(self, table, field):
        with pytest.raises(InvalidError) as caught:
            inherited(tuple(table), frozenset(Target))
        assert (caught.value.place, caught.value.value) == ("INHERITANCE", field)
        with pytest.raises(InvalidError):
            convert(FULL, ConversionRequest(), Setup(inheritance=table), at=AT)

    @pytest.mark.parametrize(
        ("field", "change", "expected"),
        [
            (
                "created_by",
                {"into": "title", "how": COPIED},
                "rows that carry in one way, or all stay",
            ),
            (
                "title",
                {"into": "nosuch", "how": COPIED},
                "rows that carry to a field of the person, not to nosuch",
            ),
            (
                "email",
                {"how": NOT_CARRIED},
                "rows that name where they carry to, and only if they carry",
            ),
            (
                "email",
                {"how": OPTED_IN},
                "rows that opt in for custom fields, and for nothing else",
            ),
            ("email", {"into": "phone"}, "the only field that is carried to phone"),
        ],
    )
    def test_a_table_that_contradicts_itself_is_refused(self, field, change, expected):
        row = next(row for row in INHERITANCE if row.field == field)
        with pytest.raises(InvalidError) as caught:
            Setup(
                inheritance=[
                    attrs.evolve(row, **change) if each is row else each for each in INHERITANCE
                ]
            )
        assert caught.value.expected == expected
