"""The example that writes Sell's bodies: unchanged records give equal bodies, a change changes its
keys alone, refusals are Sell's errors."""

import json
import math
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sell_writing import (
    associated_bodies,
    collection,
    contact_body,
    conversion_body,
    conversion_request,
    deal_body,
    envelope,
    errors_body,
    lead_body,
    refusal_body,
    time_text,
    write,
)

from crm_bodies import (
    API,
    INCOMING,
    LOST,
    QUALIFIED,
    WON,
    any_json,
    company,
    contact,
    conversion,
    deal,
    item,
    lead,
    lines,
    odd_bodies,
    stage,
    stages,
)
from effort import examples
from salesstatus import (
    Address,
    Broken,
    Conflict,
    Contact,
    ContactKind,
    ConversionError,
    ConversionRequest,
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealAssociated,
    DealStatus,
    GuardError,
    HistoryError,
    InvalidError,
    LabelError,
    Lead,
    MergeError,
    NewDeal,
    NotFound,
    ProspectStatus,
    ProspectStatusSet,
    SalesStatus,
    SalesStatusError,
    WireError,
    refusal,
    transition,
)
from salesstatus.crm.account import Catalogue, Stage
from salesstatus.crm.auditing import Fix, Stored
from salesstatus.crm.codecs import TEXT, time_read
from salesstatus.crm.oddities import Outcome, Place, Reporter
from salesstatus.crm.sell import read
from salesstatus.crm.sell.columns import COLUMNS, Kind
from salesstatus.crm.sell.writing import patch
from salesstatus.errors import Problem
from salesstatus.leads import ConversionRecord, LeadMoved
from salesstatus.model import absent
from salesstatus.testing.strategies import addresses, texts

UTC = timezone.utc
HERE = Place("here")
AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
CATALOGUE = read(
    {
        "stages": stages(),
        "sources": [{"id": 700, "name": "Website"}],
        "loss_reasons": [{"id": 800, "name": "No budget"}],
    }
).catalogue


def reread(kind, body):
    """The account of one record, with the stages, sources and reasons of the catalogue."""
    names = [{"id": 700, "name": "Website"}], [{"id": 800, "name": "No budget"}]
    return read(
        {
            "stages": stages(),
            "sources": names[0],
            "lead_unqualified_reasons": names[1],
            "x": [item(kind, body)],
        }
    )


class TestOverABody:
    """What was read is written over its body as that body, also where it is odd."""

    @settings(max_examples=examples(200))
    @given(odd_bodies(Kind.CONTACT))
    def test_a_contact(self, body):
        for stored in reread("contact", body).contacts.values():
            assert contact_body(stored, body) == body
            assert list(contact_body(stored, body)) == list(body)
            # Without statuses it has nothing to say of them.
            assert contact_body(stored.contact, body) == body

    @settings(max_examples=examples(200))
    @given(odd_bodies(Kind.DEAL), st.sampled_from((INCOMING, WON, 999)))
    def test_a_deal(self, body, stage_id):
        body = {"contact_id": 1, **body, "stage_id": stage_id}
        account = read(
            {"stages": stages(), "x": [item("deal", body)]}, stages={999: DealStatus.WON}
        )
        for found in account.deals.values():
            assert deal_body(found, account.catalogue, body) == body

    @settings(max_examples=examples(200))
    @given(odd_bodies(Kind.LEAD))
    def test_a_lead(self, body):
        account = reread("lead", body)
        for found in account.leads.values():
            assert lead_body(found, account.catalogue, body) == body

    @given(odd_bodies(Kind.LEAD_CONVERSION))
    def test_a_conversion(self, body):
        for record in reread("lead_conversion", body).conversions:
            assert conversion_body(record, body) == body

    @pytest.mark.parametrize(
        "body",
        [
            {"id": 1, "name": None, "first_name": "Ann"},
            {"id": 1, "name": 7, "first_name": "7"},
            {"id": 1, "first_name": "Ann", "last_name": "Lee"},
            {"id": 1, "is_organization": None},
            {"id": 1, "is_organization": "maybe"},
            {"id": 1, "is_organization": "false"},
            {"id": 1, "is_organization": 1, "name": "x"},
            company(1, contact_id=2),
            contact(1, contact_id=1),
            contact(1, custom_fields={"inf": 1e999, "a": [[1]]}),
            contact(1, address="1 Main Street"),
            contact(1, address={"street": "x", "planet": "Earth"}),
            contact(1, tags=["a", "a", 5]),
            contact(1, created_at="9999-12-31T00:00:00Z"),
        ],
    )
    def test_contacts_that_are_odd(self, body):
        account = read({"contacts": [body]})
        assert contact_body(account.contacts[1], body) == body

    @pytest.mark.parametrize(
        "body",
        [
            deal(200, 1, value=0),
            deal(200, 1, value="a lot"),
            deal(200, 1, associated_contacts=[1, 2]),
            deal(200, 1, associated_contacts={"items": []}),
            deal(200, 1, source_id=9),
            deal(200, 1, organization_id="x"),
            {"id": 200, "contact_id": 1, "stage_id": INCOMING},
        ],
    )
    def test_deals_that_are_odd(self, body):
        account = read(
            {"stages": stages(), "deals": [body], "contacts": [contact(1, contact_id=100)]}
        )
        assert deal_body(account.deals[200], account.catalogue, body) == body

    def test_a_deal_whose_involved_contacts_stand_elsewhere_does_not_get_them(self):
        body = deal(200, 1)
        del body["associated_contacts"]
        account = read(
            {
                "stages": stages(),
                "deals": [body],
                "deals/200/associated_contacts": [{"contact_id": 2}],
            }
        )
        assert account.deals[200].involved == {2}
        assert deal_body(account.deals[200], account.catalogue, body) == body
        assert associated_bodies(account.deals[200]) == [{"contact_id": 2, "role": "involved"}]


class TestChanges:
    PROFILE = (
        "first_name",
        "last_name",
        "name",
        "title",
        "industry",
        "website",
        "email",
        "phone",
        "mobile",
        "skype",
    )

    @given(
        st.dictionaries(st.sampled_from(PROFILE), texts()),
        texts(min_size=1),
        odd_bodies(Kind.CONTACT),
    )
    def test_changed_fields_of_a_contact_change_their_keys_alone(self, changes, name, body):
        changes["name"] = name  # which a contact has that says none of its own
        for stored in reread("contact", body).contacts.values():
            changed = attrs.evolve(stored, contact=attrs.evolve(stored.contact, **changes))
            written = contact_body(changed, body)
            for key in body.keys() | written.keys():
                if key not in changes:
                    assert written.get(key) == body.get(key), key
            again = reread("contact", written).contacts[stored.id]
            assert again == changed

    @given(
        st.sampled_from(ProspectStatus) | st.none(),
        st.sampled_from(CustomerStatus) | st.none(),
        addresses(),
        st.frozensets(texts(), max_size=3),
        st.sampled_from(("", "7")),
        st.sampled_from((None, 100)),
    )
    def test_what_is_written_over_a_contact_is_read_again(
        self, prospect, customer, address, tags, owner, employer
    ):
        body = contact(1, address={"line1": "x", "planet": "Earth"})
        changed = Stored(
            contact=attrs.evolve(
                reread("contact", body).contacts[1].contact,
                address=address,
                tags=tags,
                owner=owner,
                company=employer,
            ),
            prospect=prospect,
            customer=customer,
        )
        again = reread("contact", contact_body(changed, body)).contacts[1]
        assert again.contact == changed.contact
        # What is not told of a status leaves it.
        assert again.prospect is (prospect or ProspectStatus.NONE)
        assert again.customer is (customer or CustomerStatus.NONE)

    @given(
        st.none() | st.decimals(-(10**9), 10**9, places=2),
        st.sampled_from(("", "EUR")),
        st.sampled_from(("", "Website")),
        st.sampled_from([(found.name, found.status) for found in CATALOGUE.stages.values()]),
        st.sampled_from((None, 100)),
        st.frozensets(st.integers(2, 5), max_size=2),
    )
    def test_what_is_written_over_a_deal_is_read_again(
        self, value, currency, source, stage_, employer, involved
    ):
        body = deal(200, 1, QUALIFIED, source_id=700, associated_contacts=[{"contact_id": 9}])
        changed = attrs.evolve(
            reread("deal", body).deals[200],
            value=value,
            currency=currency,
            source=source,
            stage=stage_[0],
            status=stage_[1],
            company=employer,
            involved=involved,
        )
        assert reread("deal", deal_body(changed, CATALOGUE, body)).deals[200] == changed

    def test_a_won_deal_says_the_stage_that_is_won(self):
        found = reread("deal", deal(200, 1, INCOMING)).deals[200]
        won = attrs.evolve(found, status=DealStatus.WON)
        assert deal_body(won, CATALOGUE, deal(200, 1, INCOMING)) == deal(200, 1, WON)

    def test_the_company_of_a_deal_is_not_said_where_the_body_does_not(self):
        body = {"id": 200, "contact_id": 1, "stage_id": INCOMING}
        found = attrs.evolve(reread("deal", body).deals[200], company=5)
        assert deal_body(found, CATALOGUE, body) == body

    def test_a_lead_gets_its_source_and_its_reason_by_their_names(self):
        found = reread("lead", lead(300)).leads[300]
        changed = attrs.evolve(found, source="Website", unqualified_reason="No budget", owner="")
        written = lead_body(changed, CATALOGUE, lead(300))
        assert written == lead(300, source_id=700, unqualified_reason_id=800, owner_id=None)
        assert lead_body(found, CATALOGUE, written) == lead(300)


class TestFromScratch:
    @given(odd_bodies(Kind.CONTACT))
    def test_a_contact_is_read_again_as_it_was(self, body):
        for stored in reread("contact", body).contacts.values():
            if stored.contact.name or not (stored.contact.first_name or stored.contact.last_name):
                assert reread("contact", contact_body(stored)).contacts[stored.id] == stored

    @given(odd_bodies(Kind.DEAL), st.sampled_from([INCOMING, QUALIFIED, WON, LOST]))
    def test_a_deal_is_read_again_as_it_was(self, body, stage_id):
        account = reread("deal", {"contact_id": 1, **body, "stage_id": stage_id})
        for found in account.deals.values():
            if found.source in ("", "Website"):
                assert reread("deal", deal_body(found, account.catalogue)).deals[found.id] == found

    @given(odd_bodies(Kind.LEAD))
    def test_a_lead_is_read_again_as_it_was(self, body):
        account = reread("lead", body)
        for found in account.leads.values():
            # A name that the account does not have has no id to be written by.
            if {found.source, found.unqualified_reason} - {"", "Website", "No budget"}:
                continue
            assert reread("lead", lead_body(found, account.catalogue)).leads[found.id] == found

    def test_nothing_absent_is_written(self):
        assert contact_body(Contact(id=7, kind=ContactKind.PERSON)) == {
            "id": 7,
            "is_organization": False,
        }
        assert deal_body(Deal(id=200, primary=1)) == {"id": 200, "contact_id": 1}
        assert lead_body(Lead(id=300)) == {"id": 300}
        assert associated_bodies(Deal(id=200, primary=1, involved=frozenset({3, 2}))) == [
            {"contact_id": 2, "role": "involved"},
            {"contact_id": 3, "role": "involved"},
        ]

    def test_the_records_around_a_conversion(self):
        record = ConversionRecord(id=400, lead=300, at=AT, person=1, deal=200, actor="11", key="k")
        assert conversion_body(record) == {
            "id": 400,
            "lead_id": 300,
            "individual_id": 1,
            "deal_id": 200,
            "creator_id": 11,
            "created_at": "2026-05-04T09:30:00Z",
        }

    def test_an_account_goes_out_and_comes_in_again(self):
        records = [
            *(("stage", body) for body in stages()),
            ("contact", company(100)),
            ("contact", contact(1, contact_id=100)),
            ("deal", deal(200, 1, WON, organization_id=100, associated_contacts=[100])),
            ("lead", lead(300)),
            ("lead_conversion", conversion(400, 300, 1, 100, 200)),
        ]
        account = read({"x": lines(item(kind, body) for kind, body in records)})
        written = {
            "stages": stages(),
            "contacts": [contact_body(stored) for stored in account.contacts.values()],
            "deals": [deal_body(found, account.catalogue) for found in account.deals.values()],
            "leads": [lead_body(found, account.catalogue) for found in account.leads.values()],
            "lead_conversions": [conversion_body(record) for record in account.conversions],
        }
        # When a deal came into its stage is no part of the deal.
        assert read(json.loads(json.dumps(written))) == attrs.evolve(account, changed_at={})

    def test_an_owner_who_is_no_user_of_sell_is_refused(self):
        for write_, entity in (
            (contact_body, Contact(id=1, kind=ContactKind.PERSON, owner="mark")),
            (deal_body, Deal(id=1, primary=1, owner="mark")),
            (lead_body, Lead(id=1, owner="mark")),
        ):
            with pytest.raises(InvalidError) as error:
                write_(entity)
            assert (error.value.place, error.value.value) == ("owner", "mark")

    @pytest.mark.parametrize("name", ["Fair", "٣", "9" * 31, "9" * 5000])
    def test_a_source_that_nobody_knows_is_refused(self, name):
        with pytest.raises(InvalidError) as error:
            deal_body(Deal(id=1, primary=1, source=name), CATALOGUE)
        assert (error.value.place, error.value.expected) == (
            "Deal.source",
            "one name of the account's: 'Website'",
        )
        with pytest.raises(InvalidError) as error:
            lead_body(Lead(id=1, unqualified_reason=name))
        assert error.value.expected == "one name of the account's: none is known"

    def test_an_id_that_stands_for_a_name_is_the_id(self):
        assert deal_body(Deal(id=1, primary=1, source="9"), CATALOGUE)["source_id"] == 9

    def test_of_two_sources_of_one_name_the_one_before_counts_and_else_none(self):
        names = Catalogue(sources={1: "Fair", 2: "Fair"})
        body = {"id": 1, "contact_id": 1, "source_id": 2}
        assert deal_body(Deal(id=1, primary=1, source="Fair"), names, body) == body
        with pytest.raises(InvalidError):
            deal_body(Deal(id=1, primary=1, source="Fair"), names)


def of_stages(*rows):
    return Catalogue(
        stages={
            id_: Stage(id=id_, name=name, pipeline=line, status=status)
            for id_, name, line, status in rows
        }
    )


class TestStages:
    OPEN, WON_ = DealStatus.OPEN, DealStatus.WON
    TWO_LINES = of_stages(
        (1, "New", 10, DealStatus.OPEN),
        (2, "Won", 10, DealStatus.WON),
        (3, "New", 20, DealStatus.OPEN),
        (4, "Won", 20, DealStatus.WON),
        (5, "Offer", 20, DealStatus.OPEN),
    )

    def written(self, catalogue, before=None, **fields):
        over = None if before is None else {"id": 1, "contact_id": 1, "stage_id": before}
        return deal_body(Deal(id=1, primary=1, **fields), catalogue, over).get("stage_id")

    def test_the_stage_stays_if_it_says_what_the_deal_says(self):
        assert self.written(self.TWO_LINES, 3, stage="New") == 3
        assert self.written(self.TWO_LINES, 4, stage="Won", status=self.WON_) == 4

    def test_another_one_is_of_the_same_pipeline(self):
        assert self.written(self.TWO_LINES, 3, stage="New", status=self.WON_) == 4
        assert self.written(self.TWO_LINES, 2, stage="New") == 1
        assert self.written(self.TWO_LINES, 1, stage="Won", status=self.WON_) == 2

    def test_a_name_that_only_another_pipeline_has_is_not_found_in_this_one(self):
        assert self.written(self.TWO_LINES, 2, stage="Offer") == 1

    def test_of_several_pipelines_none_is_guessed(self):
        for fields in ({"stage": "New"}, {"stage": "Won", "status": self.WON_}, {"stage": "Demo"}):
            with pytest.raises(InvalidError) as error:
                self.written(self.TWO_LINES, **fields)
            assert error.value.place == "Deal.stage"
            assert "a stage of one pipeline for a deal that is" in error.value.expected
        assert self.written(self.TWO_LINES, stage="Offer") == 5

    def test_a_status_that_no_stage_has_is_refused(self):
        with pytest.raises(InvalidError) as error:
            self.written(of_stages((1, "New", 10, self.OPEN)), stage="Lost", status=DealStatus.LOST)
        assert error.value.expected.endswith("for a deal that is lost: none is known")
        with pytest.raises(InvalidError):
            self.written(
                of_stages((1, "New", 10, self.OPEN)), 1, stage="Lost", status=DealStatus.LOST
            )

    def test_a_pipeline_that_lacks_it_looks_in_the_others(self):
        catalogue = of_stages((1, "New", 10, self.OPEN), (2, "Won", 20, self.WON_))
        assert self.written(catalogue, 1, stage="Won", status=self.WON_) == 2

    def test_a_stage_that_nobody_knows_stays(self):
        assert self.written(self.TWO_LINES, 99, stage="Odd", status=self.WON_) == 99

    def test_without_stages_nothing_is_said_of_them(self):
        assert self.written(Catalogue(), stage="Won", status=self.WON_) is None


class TestEnvelopes:
    def test_one_record(self):
        assert envelope(Kind.LEAD, {"id": 1}) == {"data": {"id": 1}, "meta": {"type": "lead"}}

    def test_a_page_is_read_again_and_says_which_it_is(self):
        pages = [
            collection(
                Kind.CONTACT,
                [contact(number)],
                f"{API}/contacts?per_page=1",
                page=number,
                more=number < 3,
            )
            for number in (1, 2, 3)
        ]
        account = read({"all": pages})
        assert sorted(account.contacts) == [1, 2, 3]
        assert len(account.oddities) == 0
        assert pages[0]["meta"]["links"] == {
            "self": f"{API}/contacts?per_page=1&page=1",
            "next_page": f"{API}/contacts?per_page=1&page=2",
        }
        assert len(read({"all": pages[:2]}).oddities) == len(read({"all": pages[1:]}).oddities) == 1

    def test_a_list_without_an_address_has_no_links(self):
        assert collection(Kind.TAG, []) == {
            "items": [],
            "meta": {"type": "collection", "count": 0, "links": {}},
        }
        assert collection(Kind.TAG, [], "h/tags")["meta"]["links"] == {"self": "h/tags?page=1"}


class TestConversionRequest:
    def test_what_is_asked_for(self):
        assert conversion_request({"data": {"lead_id": 7}}) == (7, ConversionRequest())
        assert conversion_request(
            {"data": {"lead_id": 7, "owner_id": 12, "create_deal": True}}
        ) == (
            7,
            ConversionRequest(owner="12", deal=NewDeal()),
        )
        assert conversion_request(
            {"data": {"lead_id": 7, "owner_id": None, "create_deal": False}, "meta": 1}
        ) == (
            7,
            ConversionRequest(),
        )

    @pytest.mark.parametrize(
        "body", [None, 5, "x", [], {}, {"data": None}, {"data": [7]}, {"lead_id": 7}]
    )
    def test_a_body_without_data_is_refused(self, body):
        with pytest.raises(WireError) as error:
            conversion_request(body)
        assert [problem.place for problem in error.value.problems] == ["/data"]

    @pytest.mark.parametrize(
        ("data", "places"),
        [
            ({}, ["lead_id"]),
            ({"lead_id": "7"}, ["lead_id"]),
            ({"lead_id": True}, ["lead_id"]),
            ({"lead_id": 7.0}, ["lead_id"]),
            ({"lead_id": 10**5000}, ["lead_id"]),
            ({"lead_id": 7, "owner_id": "12"}, ["owner_id"]),
            ({"lead_id": 7, "owner_id": 10**5000}, ["owner_id"]),
            ({"lead_id": 7, "owner_id": False}, ["owner_id"]),
            ({"lead_id": 7, "create_deal": 1}, ["create_deal"]),
            ({"lead_id": 7, "create_deal": "true"}, ["create_deal"]),
            (
                {"lead_id": [7], "owner_id": {}, "create_deal": 10**5000},
                ["lead_id", "owner_id", "create_deal"],
            ),
        ],
    )
    def test_all_that_is_wrong_is_told(self, data, places):
        with pytest.raises(WireError) as error:
            conversion_request({"data": data})
        assert [problem.place for problem in error.value.problems] == [
            f"/data/{place}" for place in places
        ]
        assert len(str(error.value)) < 500
        assert refusal_body(error.value).status == 422

    @given(any_json() | st.fixed_dictionaries({"data": any_json()}))
    def test_whatever_the_body_nothing_else_is_raised(self, body):
        try:
            lead_id, request = conversion_request(body)
        except WireError as error:
            assert error.problems
        else:
            assert (type(lead_id), type(request)) == (int, ConversionRequest)

    def test_what_was_found_is_cut_where_it_is_long(self):
        with pytest.raises(WireError) as error:
            conversion_request({"data": {"lead_id": "x" * 1_000_000, "owner_id": float("nan")}})
        assert [len(problem.got) <= 80 for problem in error.value.problems] == [True, True]


HELD = transition(SalesStatus(), DealAssociated(9))
BROKEN = (Broken("M1", "no open deal", (9,)), Broken("M2", "no won deal", (8,)))


class TestRefusals:
    def test_a_guarded_change_of_a_status(self):
        error = refusal(HELD, ProspectStatusSet(ProspectStatus.LOST))
        found = refusal_body(error)
        assert found.status == 422
        assert found.body["meta"] == {
            "type": "errors",
            "http_status": "422 Unprocessable Entity",
            "logref": "",
        }
        assert [entry["error"] for entry in found.body["errors"]] == [
            {
                "resource": "contact",
                "field": "/prospect_status",
                "code": "incorrect_value",
                "message": "setting the prospect status to lost by hand is refused",
                "details": str(broken),
            }
            for broken in error.broken
        ]
        assert all(entry["meta"] == {"type": "error"} for entry in found.body["errors"])

    @pytest.mark.parametrize(
        ("error", "kind", "status", "expected"),
        [
            (
                GuardError(HELD, CustomerStatusSet(CustomerStatus.NONE), BROKEN),
                Kind.CONTACT,
                422,
                [("/customer_status", "incorrect_value")] * 2,
            ),
            (
                GuardError(HELD, DealAssociated(9), BROKEN[:1]),
                Kind.DEAL,
                422,
                [("/stage_id", "incorrect_value")],
            ),
            (
                GuardError(Lead(id=1), LeadMoved("New"), BROKEN[:1]),
                Kind.LEAD,
                422,
                [("/stage_id", "incorrect_value")],
            ),
            (
                ConversionError(
                    7,
                    (
                        Broken("K1", "a name", field="last_name"),
                        Broken("K2", "a user", field="owner", value="x"),
                        Broken("K11", "once"),
                        Broken("K14", "once in a batch", field="targets"),
                    ),
                ),
                Kind.LEAD_CONVERSION,
                422,
                [
                    ("/last_name", "incorrect_value"),
                    ("/owner_id", "incorrect_value"),
                    ("/lead_id", "incorrect_value"),
                    ("/targets", "incorrect_value"),
                ],
            ),
            (NotFound("contact", 7), Kind.CONTACT, 404, [(None, "not_found")]),
            (Conflict("contact", 7, 1, 2), Kind.CONTACT, 409, [(None, "already_exists")]),
            (
                WireError(
                    (
                        Problem("/data/lead_id", "an id", "null"),
                        Problem("/data/owner_id", "an id", '"x"'),
                    )
                ),
                Kind.LEAD_CONVERSION,
                422,
                [("/data/lead_id", "missing"), ("/data/owner_id", "invalid_type")],
            ),
            (
                InvalidError("Contact.email", 7, "a str"),
                Kind.CONTACT,
                422,
                [("/email", "incorrect_value")],
            ),
            (
                InvalidError("Contact.kind", 7, "a kind"),
                Kind.CONTACT,
                422,
                [("/is_organization", "incorrect_value")],
            ),
            (
                InvalidError("Contact.company", 7, "None", "W4"),
                Kind.CONTACT,
                422,
                [("/contact_id", "incorrect_value")],
            ),
            (
                InvalidError("Contact.custom_fields['a.b']", 7, "x"),
                Kind.CONTACT,
                422,
                [("/custom_fields", "incorrect_value")],
            ),
            (
                InvalidError("Deal.primary", None, "a contact", "W6"),
                Kind.DEAL,
                422,
                [("/contact_id", "missing")],
            ),
            (
                InvalidError("Deal.stage", "x", "a stage"),
                Kind.DEAL,
                422,
                [("/stage_id", "incorrect_value")],
            ),
            (
                InvalidError("Deal.source", "x", "a name"),
                Kind.DEAL,
                422,
                [("/source_id", "incorrect_value")],
            ),
            (
                InvalidError("Lead.unqualified_reason", "x", "a name"),
                Kind.LEAD,
                422,
                [("/unqualified_reason_id", "incorrect_value")],
            ),
            (
                InvalidError("owner", "x", "a user"),
                Kind.DEAL,
                422,
                [("/owner_id", "incorrect_value")],
            ),
            (InvalidError("somewhere.else", "x", "y"), Kind.DEAL, 422, [(None, "incorrect_value")]),
            (HistoryError("record", "out of order"), Kind.DEAL, 400, [(None, "invalid_payload")]),
            (LabelError("x", "no label"), Kind.CONTACT, 400, [(None, "invalid_payload")]),
            (
                MergeError((Contact(id=1, kind=ContactKind.PERSON),), BROKEN),
                Kind.CONTACT,
                400,
                [(None, "invalid_payload")],
            ),
        ],
    )
    def test_each_error_has_its_status_its_pointers_and_its_codes(
        self, error, kind, status, expected
    ):
        found = refusal_body(error, kind, logref="r-1")
        assert found.status == status
        errors = [entry["error"] for entry in found.body["errors"]]
        assert [(entry.get("field"), entry["code"]) for entry in errors] == expected
        assert all(entry["resource"] == kind.value for entry in errors)
        assert all(entry["message"] for entry in errors)
        assert found.body["meta"]["logref"] == "r-1"
        assert found.body["meta"]["http_status"].startswith(f"{status} ")
        # Those who read such bodies take it for the error that it is.
        account = read({"x": json.dumps(found.body)})
        assert account.oddities.kept[0].found.startswith(f"an error response: '{expected[0][1]}")

    def test_every_class_of_errors_is_here(self):
        named = {subclass.__name__ for subclass in SalesStatusError.__subclasses__()}
        assert named == {
            *(
                "Conflict",
                "ConversionError",
                "GuardError",
                "HistoryError",
                "InvalidError",
                "LabelError",
            ),
            *("MergeError", "NotFound", "WireError"),
        }

    def test_a_body_of_errors_leaves_out_what_there_is_not(self):
        assert errors_body(418, [("", "teapot", "short", "")]) == {
            "errors": [
                {"error": {"code": "teapot", "message": "short"}, "meta": {"type": "error"}}
            ],
            "meta": {"type": "errors", "http_status": "418", "logref": ""},
        }


class TestPatch:
    def test_each_change_is_one_request(self):
        lost, past = ProspectStatusSet(ProspectStatus.LOST), CustomerStatusSet(CustomerStatus.PAST)
        fixes = [
            Fix(contact=1, changes=(lost, past), rules=("P1",), sentence="x"),
            Fix(
                contact=2, changes=(CustomerStatusSet(CustomerStatus.NONE),), rules=(), sentence="y"
            ),
        ]
        assert [*patch(fixes)] == [
            {
                "method": "PUT",
                "path": "/v2/contacts/1",
                "body": {"data": {"prospect_status": "lost"}},
            },
            {
                "method": "PUT",
                "path": "/v2/contacts/1",
                "body": {"data": {"customer_status": "past"}},
            },
            {
                "method": "PUT",
                "path": "/v2/contacts/2",
                "body": {"data": {"customer_status": "none"}},
            },
        ]
        assert [*patch([])] == []

    def test_what_the_audit_finds_is_set_right_by_it(self):
        bodies = [company(100, prospect_status="none"), contact(1, prospect_status="lost")]
        contents = {
            "stages": stages(),
            "contacts": bodies,
            "deals": [deal(200, 1, organization_id=100)],
        }
        account = read(contents)
        audited = account.audited()
        assert {finding.contact for finding in audited.accused} == {1, 100}
        mended = {f"/v2/contacts/{body['id']}": body for body in bodies}
        for request in patch(audited.patch()):
            mended[request["path"]] |= request["body"]["data"]
        assert len(read({**contents, "contacts": [*mended.values()]}).audited().accused) == 0


def test_addresses_are_written_whole():
    body = contact_body(
        Contact(id=1, kind=ContactKind.PERSON, address=Address(line1="1", country="US"))
    )
    assert body["address"] == {"line1": "1", "country": "US"}
    assert not absent(body["address"])


def test_amounts_are_texts_as_sell_has_them():
    assert deal_body(Deal(id=1, primary=1, value=Decimal("12.50")))["value"] == "12.50"
    assert stage(1)["id"] == 1


class TestWrongTypes:
    """What is no record of ours is refused by name, and not met as an attribute that is missing."""

    @pytest.mark.parametrize(
        ("write", "place"),
        [
            (contact_body, "contact"),
            (deal_body, "deal"),
            (associated_bodies, "deal"),
            (lead_body, "lead"),
            (conversion_body, "record"),
            (lambda wrong: list(patch([wrong])), "fixes"),
        ],
    )
    @pytest.mark.parametrize("wrong", [7, None, "x", {"id": 1}])
    def test_it_is_an_error_that_names_the_place(self, write, place, wrong):
        with pytest.raises(InvalidError) as refused:
            write(wrong)
        assert (refused.value.place, refused.value.value) == (place, wrong)


class TestWrite:
    def test_a_time_is_written_to_the_microsecond(self):
        assert time_text(time_read("2026-05-04T09:30:00.123456Z")) == "2026-05-04T09:30:00.123456Z"

    @given(st.datetimes(datetime(1, 1, 2), datetime(9998, 12, 31)), st.integers(-23, 23))
    def test_a_time_that_is_written_is_read_again(self, moment, hours):
        at = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
        assert time_read(time_text(at)) == at

    def test_an_owner_is_the_number_of_a_user_or_nobody(self):
        bodies = [
            write(Kind.CONTACT, {"owner": owner}, {"id": 1, "owner_id": 1})
            for owner in ("12", "-3", "")
        ]
        assert [body["owner_id"] for body in bodies] == [12, -3, None]

    def test_amounts_have_no_exponent(self):
        assert write(Kind.DEAL, {"value": Decimal("1E+3")}) == {"value": "1000"}

    def test_what_is_absent_here_and_there_stays_as_it_came(self):
        body = {"id": 1, "tags": None, "email": "", "custom_fields": {}}
        values = {
            "id": 1,
            "tags": frozenset(),
            "email": "",
            "custom_fields": {},
            "address": Address(),
        }
        assert write(Kind.CONTACT, values, body) == body

    def test_what_is_cleared_is_written(self):
        body = contact(1)
        values = {
            "email": "",
            "tags": frozenset(),
            "owner": "",
            "company": None,
            "address": Address(),
        }
        written = write(Kind.CONTACT, values, body)
        assert written == {**body, "email": "", "tags": [], "owner_id": None, "address": {}}
        assert list(written) == list(body)

    def test_what_stands_beside_the_parts_of_an_address_is_kept(self):
        body = {"id": 1, "address": {"line1": "1 Main Street", "city": "Oslo", "planet": "Earth"}}
        written = write(Kind.CONTACT, {"address": Address(line1="2 Side Street")}, body)
        assert written == {"id": 1, "address": {"planet": "Earth", "line1": "2 Side Street"}}

    def test_a_street_gives_way_to_a_line(self):
        body = {"id": 1, "address": {"street": "1 Main Street"}}
        assert write(Kind.CONTACT, {"address": Address(line1="2")}, body)["address"] == {
            "line1": "2"
        }
        assert write(Kind.CONTACT, {"address": Address(line1="1 Main Street")}, body) == body

    def test_custom_fields_that_were_not_read_are_kept(self):
        body = {"id": 1, "custom_fields": {"a": 1, "b": math.inf}}
        written = write(Kind.CONTACT, {"custom_fields": {"a": 2}}, body)
        assert written == {"id": 1, "custom_fields": {"b": math.inf, "a": 2}}
        assert write(Kind.CONTACT, {"custom_fields": {"a": 1}}, body) == body

    def test_the_body_itself_is_never_changed(self):
        body = contact(1, address={"line1": "x", "planet": "Earth"})
        before = json.dumps(body)
        write(Kind.CONTACT, {"email": "new@mail.example", "address": Address(city="Oslo")}, body)
        assert json.dumps(body) == before


def readable(kind, body):
    """The values of a body, as a row has them; None if it is none."""
    return COLUMNS[kind].read(body, HERE, Reporter())


class TestLaws:
    @settings(max_examples=examples(300))
    @given(kind=st.sampled_from(Kind), data=st.data())
    def test_what_is_read_and_written_over_its_body_is_that_body(self, kind, data):
        body = data.draw(odd_bodies(kind))
        values = readable(kind, body)
        if values is not None:
            written = write(kind, values, body)
            assert written == body
            assert list(written) == list(body)

    @settings(max_examples=examples(300))
    @given(kind=st.sampled_from(Kind), data=st.data())
    def test_what_is_written_over_another_body_is_read_again(self, kind, data):
        values = readable(kind, data.draw(odd_bodies(kind)))
        body = data.draw(odd_bodies(kind))
        if values is None or readable(kind, body) is None:
            return
        values = {field: value for field, value in values.items() if _can_be_written(value)}
        again = readable(kind, write(kind, values, body))
        for field, value in values.items():
            # What cannot be read of the custom fields stays, and takes a name for itself.
            if field != "custom_fields":
                assert again.get(field) == value or (absent(value) and absent(again.get(field))), (
                    field
                )

    @settings(max_examples=examples(300))
    @given(kind=st.sampled_from(Kind), data=st.data())
    def test_what_is_written_twice_is_written_once(self, kind, data):
        body, other = data.draw(odd_bodies(kind)), data.draw(odd_bodies(kind))
        values = readable(kind, other)
        if values is None or readable(kind, body) is None:
            return
        values = {field: value for field, value in values.items() if _can_be_written(value)}
        once = write(kind, values, body)
        assert write(kind, values, once) == once

    @settings(max_examples=examples(300))
    @given(kind=st.sampled_from(Kind), data=st.data())
    def test_what_is_written_from_scratch_is_read_again(self, kind, data):
        values = readable(kind, data.draw(odd_bodies(kind)))
        if values is None:
            return
        values = {field: value for field, value in values.items() if _can_be_written(value)}
        report = Reporter()
        again = COLUMNS[kind].read(write(kind, values), HERE, report)
        assert again == {field: value for field, value in values.items() if not absent(value)}
        assert report.oddities().count(Outcome.LEFT_OUT) == 0

    @settings(max_examples=examples(300))
    @given(kind=st.sampled_from(Kind), data=st.data())
    def test_a_changed_field_changes_its_key_alone(self, kind, data):
        body = data.draw(odd_bodies(kind))
        values = readable(kind, body)
        texts_ = [column for column in COLUMNS[kind].columns if column.codec is TEXT]
        if values is None or not texts_:
            return
        column = data.draw(st.sampled_from(texts_))
        text = data.draw(texts())
        written = write(kind, {**values, column.field: text}, body)
        if values.get(column.field) != text and (text or values.get(column.field)):
            assert written == {**body, column.key: text}
        else:
            assert written == body


def _can_be_written(value):
    """Whether JSON has it: all but what Python alone calls a number."""
    return not (isinstance(value, str) and value in {"inf", "-inf"})
