"""Rule L7: what comes in lands on who is known, and only what is known to nobody becomes a new
lead."""

from datetime import datetime, timedelta, timezone

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesstatus import Contact, ContactKind, InvalidError, Known, Lead, Note
from salesstatus.leads import BITRIX24_STAGES, SELL_STAGES, ConversionRecord, StageMeaning
from salesstatus.leads.intake import Channel, ContactPoint, Landing, take_in, take_in_lead
from strategies import contact_points, known_records

AT = datetime(2026, 5, 4, 9, 30, tzinfo=timezone.utc)
PHONE, EMAIL = "(512) 757-6000", "rose@edge.example"
PERSON, COMPANY = ContactKind


def call(phone=PHONE, **told):
    return ContactPoint(channel=Channel.CALL, at=AT, phone=phone, **told)


def person(id_, name="", phone=PHONE, **fields):
    return Contact(id=id_, kind=PERSON, name=name, phone=phone, **fields)


def company(id_, name="", phone=PHONE, **fields):
    return Contact(id=id_, kind=COMPANY, name=name, phone=phone, **fields)


def lead(id_, status="", phone=PHONE, **fields):
    return Lead(id=id_, status=status, phone=phone, **fields)


def converted(id_, person=None, company=None, **fields):
    record = ConversionRecord(id=f"C-{id_}", lead=id_, at=AT, person=person, company=company)
    return lead(id_, conversion=record, **fields)


def land(point, contacts=(), leads=(), **how):
    return take_in(point, Known(contacts, leads), id="new", **how)


class TestWhatComesIn:
    """A contact point is how, when, from where and what was told."""

    @pytest.mark.parametrize("channel", Channel)
    def test_every_channel_makes_a_lead(self, channel):
        assert land(ContactPoint(channel=channel, at=AT, phone=PHONE)).lead.phone == PHONE

    def test_the_channels_are_those_of_the_rule(self):
        assert {channel.value for channel in Channel} == {
            "form",
            "call",
            "missed_call",
            "email",
            "import",
            "by_hand",
        }

    def test_the_time_is_kept_in_utc(self):
        here = AT.astimezone(timezone(timedelta(hours=2)))
        assert ContactPoint(channel=Channel.FORM, at=here).at.tzinfo is timezone.utc

    @pytest.mark.parametrize("phone", ["call me", "12", " ", "1" * 60])
    def test_a_phone_number_that_is_none_is_refused(self, phone):
        with pytest.raises(InvalidError) as caught:
            call(phone)
        assert caught.value == InvalidError("ContactPoint.phone", phone, "a phone number", "L7")

    @pytest.mark.parametrize("email", ["rose", "rose@edge", "a@b.example, c@d.example", " "])
    def test_an_email_address_that_is_none_is_refused(self, email):
        with pytest.raises(InvalidError) as caught:
            ContactPoint(channel=Channel.EMAIL, at=AT, email=email)
        assert caught.value == InvalidError("ContactPoint.email", email, "an e-mail address", "L7")

    @pytest.mark.parametrize(
        ("wrong", "place"),
        [
            ({"channel": "call"}, "ContactPoint.channel"),
            ({"at": datetime(2026, 5, 4)}, "ContactPoint.at"),
            ({"phone": None}, "ContactPoint.phone"),
            ({"tags": "vip"}, "ContactPoint.tags"),
            ({"text": b"hello"}, "ContactPoint.text"),
        ],
    )
    def test_a_field_of_the_wrong_type_is_refused(self, wrong, place):
        with pytest.raises(InvalidError) as caught:
            ContactPoint(**({"channel": Channel.CALL, "at": AT} | wrong))
        assert caught.value.place == place


class TestANewLead:
    """Who is known to nobody becomes a new lead in the first stage."""

    def test_it_has_what_was_told(self):
        point = ContactPoint(
            channel=Channel.FORM,
            at=AT,
            phone=PHONE,
            email=EMAIL,
            first_name="Rose",
            last_name="Gonzalez",
            organization_name="Edge",
            description="buys paper",
            text="Please call",
            source="Web",
            tags={"vip"},
        )
        landing = land(point, by="sam", owner="ann", book=BITRIX24_STAGES)
        assert landing.lead == Lead(
            id="new",
            phone=PHONE,
            email=EMAIL,
            first_name="Rose",
            last_name="Gonzalez",
            organization_name="Edge",
            description="buys paper",
            notes=(Note(content="Please call", created_by="sam", created_at=AT),),
            source="Web",
            tags={"vip"},
            status="NEW",
            owner="ann",
            created_by="sam",
            created_at=AT,
        )
        assert (landing.on, landing.candidates, landing.rule) == (None, (), "L7")
        assert (
            landing.reason
            == "no lead and no contact is known by this phone number or this e-mail address"
        )

    def test_a_withheld_number_finds_nobody(self):
        landing = land(call(""), [person(1, phone="")], [lead(2, phone="")])
        assert (landing.lead.id, landing.lead.notes, landing.reason) == (
            "new",
            (),
            "there is nothing to look up",
        )

    def test_no_source_is_made_up(self):
        assert land(call()).lead.source == ""

    def test_its_id_must_be_new(self):
        with pytest.raises(InvalidError) as caught:
            take_in(call("999 999"), Known(leads=[lead("new")]), id="new")
        assert caught.value == InvalidError("id", "new", "an id that no known lead has")

    def test_the_id_of_a_known_lead_does_no_harm_where_none_is_made(self):
        known = lead("new")
        assert take_in(call(), Known(leads=[known]), id="new").on is known


class TestTheOrder:
    """A lead in process, then a person, then a company, then a closed lead."""

    OPEN, JUNK = lead("open", "Working"), lead("junk", "Unqualified")
    ROSE, EDGE = person(1, "Rose"), company(2, "Edge")

    @pytest.mark.parametrize(
        ("contacts", "leads", "on", "reason"),
        [
            (
                [ROSE, EDGE],
                [OPEN, JUNK],
                OPEN,
                "lead 'open', in process, is known by this phone number",
            ),
            ([ROSE, EDGE], [JUNK], ROSE, "person 1 is known by this phone number"),
            ([EDGE], [JUNK], EDGE, "company 2 is known by this phone number"),
            ([], [JUNK], JUNK, "lead 'junk', closed, is known by this phone number"),
        ],
    )
    def test_the_first_that_is_known_decides(self, contacts, leads, on, reason):
        assert land(call(), contacts, leads) == Landing(on=on, reason=reason, rule="L7")

    @pytest.mark.parametrize("status", ["", "New", "Working", "a stage of our own"])
    def test_a_lead_that_is_not_closed_is_in_process(self, status):
        known = lead(7, status)
        assert land(call(), [self.ROSE], [known]).on is known

    def test_a_status_that_the_book_does_not_know_closes_nothing(self):
        known = lead(7, "A-17")
        assert land(call(), [self.ROSE], [known], book=BITRIX24_STAGES).on is known

    @pytest.mark.parametrize(
        ("status", "book"), [("Converted", SELL_STAGES), ("CONVERTED", BITRIX24_STAGES)]
    )
    def test_a_converted_lead_without_a_record_is_closed(self, status, book):
        known = lead(7, status)
        assert land(call(), [], [known], book=book).on is known
        assert land(call(), [self.ROSE], [known], book=book).on is self.ROSE

    def test_phone_and_email_are_both_looked_up(self):
        known = Lead(id=7, email=EMAIL)
        both = ContactPoint(channel=Channel.FORM, at=AT, phone="999 999", email=EMAIL.upper())
        assert land(both, [self.ROSE], [known]).on is known

    def test_a_lead_by_email_goes_before_a_person_by_phone(self):
        known = Lead(id=7, email=EMAIL)
        both = ContactPoint(channel=Channel.FORM, at=AT, phone=PHONE, email=EMAIL)
        assert land(both, [self.ROSE], [known]).on is known


class TestAConvertedLead:
    """It leads to the contact that it became, if that is known."""

    ROSE, EDGE = person(1, "Rose", phone=""), company(2, "Edge", phone="")

    @pytest.mark.parametrize(
        ("known", "on"),
        [
            (converted(7, person=1, company=2), ROSE),
            (converted(7, company=2), EDGE),
            (converted(7, person=99, company=2), EDGE),
            (converted(7, person=99, company=98), None),
            (converted(7), None),
        ],
    )
    def test_the_person_else_the_company_else_the_lead(self, known, on):
        landing = land(call(), [self.ROSE, self.EDGE], [known])
        assert landing.on is (on or known)
        what = "lead 7, closed," if on is None else f"contact {on.id}, of a closed lead,"
        assert landing.reason == f"{what} is known by this phone number"

    def test_who_has_the_number_now_goes_first(self):
        other = company(3, "Acme")
        assert land(call(), [self.ROSE, other], [converted(7, person=1)]).on is other

    def test_a_junk_repeat_lead_leads_to_its_contact(self):
        junk = lead(7, "Unqualified", company_id=2)
        assert land(call(), [self.ROSE, self.EDGE], [junk]).on is self.EDGE

    def test_a_converted_repeat_lead_leads_to_its_contact(self):
        record = ConversionRecord(id="C", lead=7, at=AT, deal="D-1")
        assert land(call(), [self.ROSE], [lead(7, person_id=1, conversion=record)]).on is self.ROSE

    def test_two_leads_of_one_contact_lead_to_it(self):
        assert (
            land(call(), [self.ROSE], [converted(7, person=1), converted(8, person=1)]).on
            is self.ROSE
        )

    def test_two_leads_of_two_persons_are_for_a_person_to_tell(self):
        max_ = person(3, "Max", phone="")
        landing = land(call(), [max_, self.ROSE], [converted(7, person=3), converted(8, person=1)])
        assert landing.candidates == (self.ROSE, max_)
        assert landing.reason == (
            "contacts 1, 3, of closed leads, are all known by this phone number; no name says which is meant"
        )


class TestSeveral:
    """Several with one number are told apart by the name told, whole, or not at all."""

    ROSE, MAX = person(1, "Rose Gonzalez"), person(2, "Max Gonzalez")

    def test_the_name_told_narrows(self):
        assert (
            land(call(first_name="MAX", last_name="González"), [self.ROSE, self.MAX]).on is self.MAX
        )

    @pytest.mark.parametrize(
        "told", [{}, {"last_name": "Gonzalez"}, {"first_name": "Max", "last_name": "Gonz"}]
    )
    def test_no_name_or_a_part_of_one_leaves_candidates(self, told):
        landing = land(call(**told), [self.MAX, self.ROSE])
        assert landing == Landing(
            candidates=(self.ROSE, self.MAX),
            reason="persons 1, 2 are all known by this phone number; no name says which is meant",
            rule="L7",
        )

    def test_one_alone_needs_no_name(self):
        assert land(call(last_name="Somebody Else"), [self.ROSE]).on is self.ROSE

    def test_companies_are_told_apart_by_the_company_name(self):
        edge, acme = company(1, "Edge"), company(2, "Acme, Inc.")
        assert land(call(organization_name="ACME inc"), [edge, acme]).on is acme
        assert land(call(first_name="Acme", last_name="Inc."), [edge, acme]).candidates == (
            edge,
            acme,
        )

    def test_persons_are_told_apart_by_their_employer(self):
        acme = company(9, "Acme", phone="")
        rose, other = person(1, "Rose", company=9), person(2, "Rose")
        assert land(call(organization_name="Acme"), [rose, other, acme]).on is rose
        assert (
            land(call(last_name="Rose", organization_name="Acme"), [rose, other, acme]).on is rose
        )

    def test_leads_are_told_apart_by_person_and_then_by_company(self):
        one = lead(1, first_name="Rose", organization_name="Edge")
        two = lead(2, first_name="Rose", organization_name="Acme")
        three = lead(3, first_name="Max", organization_name="Acme")
        assert (
            land(call(first_name="Rose", organization_name="Acme"), [], [one, two, three]).on is two
        )
        assert land(call(first_name="Max"), [], [one, two, three]).on is three
        assert land(call(organization_name="Acme"), [], [one, two, three]).candidates == (
            two,
            three,
        )

    def test_candidates_stand_in_the_order_of_their_ids(self):
        leads = [lead("b"), lead("a"), lead(3)]
        assert [each.id for each in land(call(), [], leads).candidates] == [3, "a", "b"]

    def test_nothing_is_made(self):
        assert land(call(), [self.ROSE, self.MAX]).lead is None


class TestRepeatLeads:
    """L4: where repeat leads are on, a known contact without a lead in process gets a new one, tied
    to it."""

    ROSE, EDGE = person(1, "Rose", company=2), company(2, "Edge", phone="888 888")

    def test_a_person_gets_one(self):
        landing = land(call(text="me again"), [self.ROSE, self.EDGE], repeat_leads=True)
        assert (landing.lead.person_id, landing.lead.company_id, landing.on, landing.rule) == (
            1,
            None,
            None,
            "L4",
        )
        assert landing.reason == "person 1 is known and has no lead in process"
        assert landing.lead.notes[0].content == "me again"

    def test_a_company_gets_one(self):
        lead_ = land(call("888 888"), [self.ROSE, self.EDGE], repeat_leads=True).lead
        assert (lead_.person_id, lead_.company_id) == (None, 2)

    def test_without_the_switch_the_contact_has_it(self):
        assert land(call(), [self.ROSE]).on is self.ROSE

    @pytest.mark.parametrize("tied", [{"person_id": 1}, {"company_id": 1}])
    def test_it_lands_on_the_repeat_lead_that_is_in_process(self, tied):
        known = Lead(id=7, status="Working", **tied)
        landing = land(call(), [self.ROSE], [known], repeat_leads=True)
        assert landing == Landing(on=known, reason="lead 7 is in process for person 1", rule="L4")

    def test_a_closed_repeat_lead_is_followed_by_another(self):
        junk = Lead(id=7, status="Unqualified", person_id=1)
        assert land(call(), [self.ROSE], [junk], repeat_leads=True).lead.person_id == 1

    def test_the_repeat_lead_of_another_does_not_count(self):
        other = Lead(id=7, person_id=2)
        assert land(call(), [self.ROSE], [other], repeat_leads=True).lead.person_id == 1

    def test_several_repeat_leads_in_process_are_candidates(self):
        one, two = (
            Lead(id=7, person_id=1, last_name="One"),
            Lead(id=8, person_id=1, last_name="Two"),
        )
        landing = land(call(), [self.ROSE], [two, one], repeat_leads=True)
        assert (landing.candidates, landing.rule) == ((one, two), "L4")
        assert (
            landing.reason == "leads 7, 8 are in process for person 1; no name says which is meant"
        )
        assert land(call(last_name="Two"), [self.ROSE], [two, one], repeat_leads=True).on is two

    def test_a_lead_in_process_with_the_number_goes_before_the_contact(self):
        known = lead(7)
        assert land(call(), [self.ROSE], [known], repeat_leads=True).on is known

    def test_a_contact_behind_a_closed_lead_gets_one_too(self):
        rose = person(1, "Rose", phone="")
        assert land(call(), [rose], [converted(7, person=1)], repeat_leads=True).lead.person_id == 1

    def test_nobody_known_gets_an_ordinary_lead(self):
        landing = land(call(), repeat_leads=True)
        assert (landing.lead.person_id, landing.lead.company_id, landing.rule) == (None, None, "L7")

    def test_a_closed_lead_without_a_contact_is_landed_on(self):
        junk = lead(7, "Unqualified")
        assert land(call(), [], [junk], repeat_leads=True).on is junk

    def test_candidates_get_none(self):
        landing = land(call(), [person(1, "Rose"), person(2, "Max")], repeat_leads=True)
        assert (landing.lead, len(landing.candidates), landing.rule) == (None, 2, "L7")

    def test_its_id_must_be_new(self):
        with pytest.raises(InvalidError, match="an id that no known lead has"):
            land(call(), [self.ROSE], [lead("new", phone="")], repeat_leads=True)


class TestALeadThatCameAsAWhole:
    """An imported lead is looked up by all its numbers and addresses, and stays as it is."""

    @pytest.mark.parametrize(
        "fields",
        [
            {"phone": PHONE},
            {"mobile": PHONE},
            {"phones": {"1234", PHONE}},
            {"email": EMAIL},
            {"emails": {EMAIL}},
        ],
    )
    def test_any_of_them_finds(self, fields):
        known = person(1, "Rose", email=EMAIL)
        landing = take_in_lead(Lead(id=7, **fields), Known([known]))
        way = "this e-mail address" if "email" in str(fields) else "this phone number"
        assert landing == Landing(on=known, reason=f"person 1 is known by {way}", rule="L7")

    def test_known_to_nobody_it_is_the_new_lead(self):
        new = Lead(id=7, mobile="999 999", address="1 Main Street", status="Working")
        assert take_in_lead(new, Known([person(1)])).lead is new

    def test_it_may_become_a_repeat_lead(self):
        new = Lead(id=7, email=EMAIL, industry="Paper")
        known = Known([company(1, email=EMAIL)])
        landing = take_in_lead(new, known, repeat_leads=True)
        assert landing.lead == attrs.evolve(new, company_id=1)
        assert landing.rule == "L4"

    def test_its_names_tell_several_apart(self):
        known = Known([person(1, "Rose"), person(2, "Max")])
        assert take_in_lead(Lead(id=7, phone=PHONE, last_name="max"), known).on.id == 2

    def test_one_found_in_two_ways_is_one(self):
        known = person(1, "Rose", email=EMAIL, mobile="777 777")
        assert (
            take_in_lead(Lead(id=7, phone=PHONE, mobile="777777", email=EMAIL), Known([known])).on
            is known
        )


class TestWrongArguments:
    """Whatever is handed in, the error names the place."""

    @pytest.mark.parametrize(
        ("arguments", "place"),
        [
            (("call", Known()), "point"),
            ((call(), [person(1)]), "known"),
        ],
    )
    def test_the_place_is_named(self, arguments, place):
        with pytest.raises(InvalidError) as caught:
            take_in(*arguments, id=1)
        assert caught.value.place == place

    @pytest.mark.parametrize(
        ("how", "place"),
        [
            ({"book": "sell"}, "book"),
            ({"repeat_leads": 1}, "repeat_leads"),
            ({"id": True}, "Lead.id"),
            ({"by": None}, "Lead.created_by"),
            ({"owner": 7}, "Lead.owner"),
        ],
    )
    def test_so_are_the_named_ones(self, how, place):
        with pytest.raises(InvalidError) as caught:
            take_in(call(), Known(), **({"id": 1} | how))
        assert caught.value.place == place

    def test_a_lead_is_a_lead(self):
        with pytest.raises(InvalidError) as caught:
            take_in_lead(call(), Known())
        assert caught.value.place == "lead"


class TestLaws:
    """Of any contact point and anything known."""

    @given(contact_points, known_records, st.booleans())
    def test_it_lands_in_exactly_one_way(self, point, records, repeat):
        landing = take_in(point, Known(*records), id="new", repeat_leads=repeat)
        assert [
            landing.on is not None,
            landing.lead is not None,
            len(landing.candidates) > 1,
        ].count(True) == 1
        assert len(landing.candidates) != 1
        assert landing.rule == "L7" or repeat

    @given(contact_points, known_records, st.booleans(), st.randoms())
    def test_the_order_in_which_things_became_known_does_not_matter(
        self, point, records, repeat, random
    ):
        contacts, leads = map(list, records)
        landing = take_in(point, Known(contacts, leads), id="new", repeat_leads=repeat)
        random.shuffle(contacts)
        random.shuffle(leads)
        assert take_in(point, Known(contacts, leads), id="new", repeat_leads=repeat) == landing

    @given(contact_points, known_records)
    def test_without_repeat_leads_a_new_lead_means_that_nobody_is_known(self, point, records):
        known = Known(*records)
        landing = take_in(point, known, id="new")
        assert (landing.lead is None) is bool(known.reached(point.phone, point.email))

    @given(contact_points, known_records)
    def test_nobody_of_a_later_step_is_taken_while_one_of_an_earlier_is_known(self, point, records):
        known = Known(*records)
        reached = known.reached(point.phone, point.email)
        landing = take_in(point, known, id="new")
        closed = (StageMeaning.SUCCESS, StageMeaning.FAILURE)

        def step(record):
            if isinstance(record, Lead):
                return 0 if SELL_STAGES.meaning_of(record) not in closed else 3
            return 1 if record.kind is PERSON else 2

        first = min(map(step, reached), default=None)
        for record in filter(None, (landing.on, *landing.candidates)):
            # A contact behind a closed lead needs not be reached itself.
            assert step(record) == first or (first == 3 and isinstance(record, Contact))

    @given(contact_points, known_records)
    def test_the_second_time_it_lands_on_the_lead_of_the_first(self, point, records):
        landing = take_in(point, Known(*records), id="new")
        if landing.lead is not None and (point.phone or point.email):
            contacts, leads = records
            assert (
                take_in(point, Known(contacts, (*leads, landing.lead)), id="newer").on
                == landing.lead
            )
