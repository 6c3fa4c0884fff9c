"""Where the leads of an import land: nothing vanishes, nothing is made up, nothing is guessed."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies as our
from salesstatus import (
    Address,
    Contact,
    ContactKind,
    FieldDefinition,
    InvalidError,
    Known,
    Lead,
    Note,
    OnKnown,
    Setup,
    land,
)
from salesstatus.keys import email_key, phone_key, text_key
from salesstatus.leads import (
    NAME_AND_WEBSITE,
    SELL_STAGES,
    ConversionRecord,
    MatchRow,
    Outcome,
    Shared,
)
from salesstatus.model import absent

PERSON, COMPANY = ContactKind
CREATED, UPDATED, UNCHANGED, SKIPPED, REFUSED = Outcome
EMAIL = "ann@edge.example"


def person(id_=7, **fields):
    return Contact(**{"id": id_, "kind": PERSON, "name": "Ann Lee", "email": EMAIL, **fields})


def company(id_=8, **fields):
    return Contact(**{"id": id_, "kind": COMPANY, "name": "Acme", "phone": "030 555555", **fields})


def known_lead(id_=1, **fields):
    return Lead(**{"id": id_, "first_name": "Ann", "last_name": "Lee", "email": EMAIL, **fields})


def row(id_="crm.csv:2", **fields):
    return Lead(**{"id": id_, "first_name": "Ann", "last_name": "Lee", "email": EMAIL, **fields})


def landed(lead, *records, on_known="update", **options):
    contacts = [record for record in records if isinstance(record, Contact)]
    leads = [record for record in records if isinstance(record, Lead)]
    setup = options.pop("setup", Setup())
    [result] = land([lead], Known(contacts, leads, **options), on_known=on_known, setup=setup)
    return result


def lost(result):
    return {each.field: each.value for each in result.lost}


class TestWhatToDo:
    """A lead that is not known is new; one that is, is what `on_known` says (rules L7, K12)."""

    @pytest.mark.parametrize("on_known", [*OnKnown, *(each.value for each in OnKnown)])
    def test_who_is_not_known_is_new(self, on_known):
        lead = row(email="other@edge.example", status="Working", notes=["x"])
        result = landed(lead, person(), known_lead(), on_known=on_known)
        assert (result.outcome, result.record, result.on, result.rule) == (CREATED, lead, (), "L7")
        assert result.reason == "no lead and no contact is known by this e-mail address"

    @pytest.mark.parametrize("record", [person(), known_lead()], ids=["contact", "lead"])
    @pytest.mark.parametrize(
        ("on_known", "outcome"),
        [("skip", SKIPPED), ("update", UPDATED), ("create", CREATED), (OnKnown.SKIP, SKIPPED)],
    )
    def test_who_is_known(self, record, on_known, outcome):
        lead = row(phone="030 1234567")
        result = landed(lead, record, on_known=on_known)
        assert result.outcome is outcome
        assert result.on == (record,)
        assert (result.rule, result.reason) == (
            "K12",
            f"known record {record.id} has the same name and e-mail",
        )
        assert result.record == {
            SKIPPED: record,
            UPDATED: attrs.evolve(record, phone="030 1234567"),
            CREATED: lead,
        }[outcome] or isinstance(record, Contact)

    def test_who_skips_by_default(self):
        [result] = land([row()], Known([person()]))
        assert result.outcome is SKIPPED

    def test_known_by_a_number_alone(self):
        result = landed(row(first_name="", last_name="", phone="030 1"), person(phone="030-1"))
        assert (result.outcome, result.rule) == (UNCHANGED, "L7")
        assert result.reason == "person 7 is known by this phone number or this e-mail address"

    @pytest.mark.parametrize("on_known", ["skip", "update"])
    @pytest.mark.parametrize(
        ("lead", "record", "called"),
        [
            (row(first_name="Bob"), person(), "person 7"),
            (row(first_name="Bob"), known_lead(), "lead 1"),
            (row(organization_name="Acme", phone="030555555", email=""), company(), "company 8"),
            (row(first_name="", last_name="", organization_name="Beta", phone="030555555"), company(), "company 8"),
            (row(first_name="", last_name="", organization_name="Beta"), known_lead(2, first_name="", last_name="", organization_name="Acme"), "lead 2"),
        ],
    )  # fmt: skip
    def test_who_has_another_name_is_neither_skipped_nor_filled(
        self, lead, record, called, on_known
    ):
        result = landed(lead, record, on_known=on_known)
        assert (result.outcome, result.record, result.on) == (REFUSED, None, (record,))
        assert (result.rule, result.reason) == ("K12", f"{called} has another name")

    def test_unless_the_matching_rules_say_that_names_do_not_count(self):
        by_email = (MatchRow((Shared.EMAIL,)),)
        result = landed(row(first_name="Anne", phone="030 1"), person(), rows=by_email)
        assert (result.outcome, result.record.phone, result.record.name) == (
            UPDATED,
            "030 1",
            "Ann Lee",
        )

    @pytest.mark.parametrize("on_known", ["skip", "update"])
    def test_of_several_none_is_guessed(self, on_known):
        result = landed(row(), person(), person(9), on_known=on_known)
        assert (result.outcome, result.record, result.rule) == (REFUSED, None, "L7")
        assert result.on == (person(), person(9))
        assert (
            result.reason
            == "persons 7, 9 are all known by this e-mail address; no name says which is meant"
        )

    def test_by_the_rows_of_the_matching(self):
        rows = (NAME_AND_WEBSITE,)
        acme = company(phone="", website="acme.example")
        lead = Lead(id=1, organization_name="ACME", website="https://acme.example/", industry="x")
        result = landed(lead, acme, rows=rows)
        assert (result.outcome, result.record.industry) == (UPDATED, "x")
        assert result.reason == "known record 8 has the same name and website"
        several = landed(lead, acme, attrs.evolve(acme, id=9), rows=rows)
        assert (several.outcome, several.on) == (REFUSED, (acme, attrs.evolve(acme, id=9)))
        assert landed(attrs.evolve(lead, last_name="Lee"), acme, rows=rows).outcome is CREATED

    @pytest.mark.parametrize(
        "record",
        [
            known_lead(conversion=ConversionRecord(id="C", lead=1, at=our.DAY)),
            known_lead(status=SELL_STAGES.of(SELL_STAGES.meaning_of(Lead(id=1)).SUCCESS)[0]),
        ],
    )
    def test_a_converted_lead_is_final(self, record):
        result = landed(row(phone="030 1"), record)
        assert (result.outcome, result.rule, result.reason) == (
            REFUSED,
            "K11",
            "lead 1 is converted",
        )

    @pytest.mark.parametrize("on_known", OnKnown)
    def test_no_id_is_taken_twice(self, on_known):
        result = landed(row(1, email="other@edge.example"), known_lead(), on_known=on_known)
        assert (result.outcome, result.record) == (REFUSED, None)
        assert (result.rule, result.reason) == ("K17", "lead 1 is known already")

    def test_a_later_lead_lands_on_an_earlier_one(self):
        rows = [
            row(),
            row("crm.csv:3", email=EMAIL.upper(), phone="030 1"),
            row("crm.csv:4", email="", phone="0301", mobile="030 2"),
        ]
        results = list(land(rows, Known(), on_known="update"))
        assert [result.outcome for result in results] == [CREATED, UPDATED, UPDATED]
        assert results[-1].record == row(phone="030 1", mobile="030 2")
        twice = [row(), row(email="other@edge.example")]
        assert [result.rule for result in land(twice, Known())] == ["L7", "K17"]

    def test_what_is_known_stays_as_it_was(self):
        known = Known([person()])
        list(land([row(phone="030 1"), row(2, email="b@b.example")], known, on_known="update"))
        assert (known.contact(7), dict(known.leads)) == (person(), {})

    def test_leads_come_one_by_one(self):
        def endless():
            number = 0
            while True:
                number += 1
                yield Lead(id=number, email=f"{number}@edge.example")

        results = land(endless(), Known())
        assert [next(results).record.id for _ in range(3)] == [1, 2, 3]

    @pytest.mark.parametrize(
        ("arguments", "options", "place"),
        [
            (([], None), {}, "known"),
            (([], Known()), {"on_known": "merge"}, "on_known"),
            (([], Known()), {"on_known": None}, "on_known"),
            (([], Known()), {"setup": None}, "setup"),
            (([None], Known()), {}, "lead"),
            (([person()], Known()), {}, "lead"),
        ],
    )
    def test_wrong_arguments(self, arguments, options, place):
        with pytest.raises(InvalidError, match=f"^{place}:"):
            list(land(*arguments, **options))


class TestWhatIsFilled:
    """Only what is empty is filled, a name as a whole; what gives way is kept or told (G3)."""

    def test_a_known_lead(self):
        record = known_lead(
            notes=["old"],
            tags={"a"},
            status="Working",
            owner="bob",
            phone="030 1",
            custom_fields={"Size": 1},
        )
        lead = row(
            organization_name="Acme", title="CEO", notes=["old", "new"], tags={"b"}, status="New", owner="amy", phone="030 2",
            mobile="+49 30 3", emails=["a.lee@edge.example"], address=Address(city="Rome"), created_by="import", created_at=our.DAY,
            custom_fields={"Size": 2, "Budget": 3}, source="fair", unqualified_reason="none", person_id=5, open_to_all=True,
        )  # fmt: skip
        result = landed(lead, record)
        assert result.record == attrs.evolve(
            record, organization_name="Acme", title="CEO", notes=["old", "new"], tags={"a", "b"}, phones={"030 2"}, mobile="+49 30 3",
            emails=["a.lee@edge.example"], address=Address(city="Rome"), created_at=our.DAY, source="fair",
            custom_fields={"Size": 1, "Budget": 3},
        )  # fmt: skip
        assert lost(result) == {
            "owner": "amy", "status": "New", "created_by": "import", "custom_fields['Size']": 2, "unqualified_reason": "none",
            "person_id": 5, "open_to_all": True,
        }  # fmt: skip
        reasons = {each.field: (each.rule, each.reason) for each in result.lost}
        assert reasons["owner"] == ("K12", "lead 1 keeps 'bob'")
        assert reasons["person_id"] == ("K12", "lead 1 keeps nothing")

    def test_a_known_person(self):
        record = person(title="CTO", phone="030 1")
        lead = row(
            organization_name="Acme", title="CEO", notes=["x"], tags={"b"}, status="New", phone="030 2", mobile="0301",
            email=EMAIL.upper(), emails=["a.lee@edge.example"], source="fair", custom_fields={"Size": 2, "Budget": 3},
        )  # fmt: skip
        setup = Setup(fields=[FieldDefinition(name="Size", person=True)])
        result = landed(lead, record, setup=setup)
        assert result.record == attrs.evolve(
            record, first_name="Ann", last_name="Lee", tags={"b"}, phones={"030 2"}, emails=["a.lee@edge.example"], custom_fields={"Size": 2}
        )  # fmt: skip
        assert lost(result) == {
            "organization_name": "Acme", "title": "CEO", "notes": (Note(content="x"),), "status": "New", "source": "fair",
            "custom_fields['Budget']": 3,
        }  # fmt: skip

    def test_a_known_company(self):
        lead = row(
            "x",
            first_name="",
            last_name="",
            organization_name="ACME",
            phone="030-555555",
            website="acme.example",
            email=EMAIL,
        )
        result = landed(lead, company())
        assert result.record == company(website="acme.example")
        assert lost(result) == {"organization_name": "ACME", "email": EMAIL}

    @pytest.mark.parametrize(
        ("record", "names", "told"),
        [
            (person(name="Ann Lee"), ("Ann", "Lee", "Ann Lee"), {}),
            (
                person(name="ANN LEE"),
                ("", "", "ANN LEE"),
                {"first_name": "Ann", "last_name": "Lee"},
            ),
            (person(name=""), ("Ann", "Lee", ""), {}),
            (person(name="", last_name="Lee"), ("", "Lee", ""), {"first_name": "Ann"}),
        ],
    )
    def test_a_name_is_one_value(self, record, names, told):
        result = landed(row(), record)
        after = result.record
        assert (after.first_name, after.last_name) == names[:2]
        assert after.name == (names[2] or after.name)
        assert lost(result) == told

    def test_a_number_that_is_there_in_another_writing_is_not_taken_twice(self):
        record = person(phone="+49 30 1234567", phones={"0171 5551234"})
        lead = row(
            phone="030 1234567",
            mobile="+49 171 5551234",
            phones={"0049 30 1234567", "030 7"},
            email=f"<{EMAIL}>",
            emails={EMAIL},
        )
        result = landed(lead, record, region="DE")
        assert result.record == attrs.evolve(
            record, first_name="Ann", last_name="Lee", phones={"0171 5551234", "030 7"}
        )
        assert result.lost == ()


def texts_of(record):
    """Every number, address, tag and note that a record has, in normal form."""
    emails = {email_key(each) or each for each in (record.email, *record.emails)}
    phones = {phone_key(each) or each for each in (record.phone, record.mobile, *record.phones)}
    notes = {note.content for note in getattr(record, "notes", ())}
    return (emails | phones | record.tags | notes) - {""}


imports = st.lists(our.meeting_leads | our.leads, max_size=5)
stores = st.tuples(
    st.lists(our.meeting_contacts, unique_by=lambda one: one.id, max_size=4),
    st.lists(our.meeting_leads, unique_by=lambda one: one.id, max_size=4),
)


def after(known, results):
    """What is known after an import."""
    known = known.copy()
    for result in results:
        if result.outcome in (CREATED, UPDATED):
            known.put(result.record)
    return known


def records(known):
    return (dict(known._contacts), dict(known.leads))


@st.composite
def people(draw):
    """An import of few people, each known by an address of its own, and what is known of them."""

    def drawn(cls, who, **fields):
        some = st.sampled_from(["", f"{who} 1", f"{who} 2"])
        names = {"name": who} if cls is Contact else {"last_name": who}
        values = {name: draw(some) for name in ("description", "website", "owner", "industry")}
        phones = st.sampled_from(
            ["", f"+49 {len(who)} 12345", f"0049{len(who)}12345", f"0{len(who)} 77777"]
        )
        values |= {"phone": draw(phones), "mobile": draw(phones), "phones": {draw(phones)} - {""}}
        values["tags"] = draw(st.frozensets(st.sampled_from("ab")))
        address = f"{who}@edge.example"
        return cls(
            **{
                **values,
                **names,
                "email": draw(st.sampled_from([address, address.upper()])),
                **fields,
            }
        )

    whose = st.sampled_from(["ann", "robert", "margaret"])
    leads = [
        drawn(
            Lead, draw(whose), id=f"crm.csv:{number}", notes=draw(st.lists(st.sampled_from("xy")))
        )
        for number in range(draw(st.integers(0, 5)))
    ]
    known = draw(st.frozensets(whose))
    contacts = [
        drawn(Contact, who, id=who, kind=PERSON) for who in sorted(known) if draw(st.booleans())
    ]
    others = sorted(known - {contact.id for contact in contacts})
    return leads, Known(contacts, [drawn(Lead, who, id=who) for who in others])


class TestLaws:
    """Whatever is imported, and whatever is known."""

    @given(imports, stores, st.sampled_from(OnKnown))
    def test_each_lead_has_one_result_and_only_the_outcome_changes_anything(
        self, leads, store, on_known
    ):
        known = Known(*store)
        results = list(land(leads, known, on_known=on_known))
        assert [result.lead for result in results] == leads
        at_first = records(known)
        for result in results:
            assert (result.record is None) is (result.outcome is REFUSED)
            assert result.rule and result.reason
            assert (result.outcome in (UPDATED, UNCHANGED)) <= (on_known is OnKnown.UPDATE)
            assert (result.outcome is SKIPPED) <= (on_known is OnKnown.SKIP)
            if result.outcome in (SKIPPED, UNCHANGED):
                assert result.on == (result.record,)
            if result.outcome is CREATED:
                assert result.record == result.lead
        if on_known is not OnKnown.UPDATE:
            now = records(after(known, results))
            assert all(now[i][id_] == record for i in (0, 1) for id_, record in at_first[i].items())

    @given(imports, stores)
    def test_nothing_vanishes_and_nothing_is_made_up(self, leads, store):
        for result in land(leads, Known(*store), on_known="update"):
            if result.outcome not in (UPDATED, UNCHANGED):
                continue
            [before], now, told = result.on, result.record, lost(result)
            new, has, had = texts_of(result.lead), texts_of(now), texts_of(before)
            assert had <= has <= had | new
            for field in attrs.fields(Lead):
                value, into = getattr(result.lead, field.name), field.name
                if field.name == "organization_name" and isinstance(now, Contact):
                    into = "name"
                kept, was = getattr(now, into, None), getattr(before, into, None)
                if field.name in ("id", "custom_fields") or absent(value) or value is False:
                    continue
                if isinstance(value, (frozenset, tuple)):
                    assert (
                        field.name in told
                        or texts_of(attrs.evolve(Lead(id=0), **{field.name: value})) <= has
                    )
                elif field.name in ("email", "phone", "mobile"):
                    key = email_key if field.name == "email" else phone_key
                    assert field.name in told or (key(value) or value) in has
                else:
                    assert told.get(field.name) == value or kept == value
                if not absent(was) and field.name not in (
                    "tags",
                    "emails",
                    "phones",
                    "notes",
                    "custom_fields",
                ):
                    assert kept == was
            for name, value in result.lead.custom_fields.items():
                place = f"custom_fields[{name!r}]"
                assert absent(value) or place in told or now.custom_fields[name] == value

    @given(imports, stores)
    def test_a_name_comes_from_one_record(self, leads, store):
        for result in land(leads, Known(*store), on_known="update"):
            if result.outcome in (UPDATED, UNCHANGED):
                [before], now = result.on, result.record
                parts = (now.first_name, now.last_name)
                assert parts in (
                    (before.first_name, before.last_name),
                    (result.lead.first_name, result.lead.last_name),
                )
                if isinstance(now, Contact) and before.name:
                    assert text_key(now.name) == text_key(before.name)

    @given(people(), st.sampled_from(OnKnown))
    def test_the_second_time_nothing_changes(self, drawn, on_known):
        leads, known = drawn
        first = after(known, land(leads, known, on_known=on_known))
        again = list(land(leads, first, on_known=on_known))
        assert [result for result in again if result.outcome in (CREATED, UPDATED)] == []
        assert records(after(first, again)) == records(first)

    @given(imports, stores, st.sampled_from(OnKnown))
    def test_where_people_share_numbers_an_import_settles(self, leads, store, on_known):
        """A row may tell more of a record than an earlier row knew when it was refused."""
        known = Known(*store)
        for _ in range(1 + 5 * len(leads)):
            results = list(land(leads, known, on_known=on_known))
            known = after(known, results)
            if not any(result.outcome in (CREATED, UPDATED) for result in results):
                return
        raise AssertionError("an import that is read again and again always changes something")
