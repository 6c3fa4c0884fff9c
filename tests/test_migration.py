"""Migration out: every combination has its row, what is lost is said, and the files are harmless
and exact."""

import csv
import io
import json
import pickle
import unicodedata
from collections import Counter
from datetime import datetime, timezone
from itertools import islice, product
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from salesstatus import (
    SELL,
    Address,
    Contact,
    ContactKind,
    CustomerStatus,
    DealStatus,
    InvalidError,
    Policy,
    ProspectStatus,
    SalesStatus,
    explain,
)
from salesstatus.crm.migration import (
    DESTINATIONS,
    HUBSPOT,
    NEUTRAL,
    PIPEDRIVE,
    SALESFORCE,
    STATUSES,
    Column,
    Destination,
    Migrant,
    Row,
    Translation,
    harmless,
    losses,
    mapping_markdown,
    migrated,
    written_csv,
    written_jsonl,
)
from salesstatus.values import FrozenMap

PERSON, COMPANY = ContactKind
NONE, CURRENT, LOST = ProspectStatus
NO_CUSTOMER, CUSTOMER, PAST = CustomerStatus
OPEN, WON, LOST_DEAL, UNQUALIFIED = DealStatus

EVERY = tuple(product(ProspectStatus, CustomerStatus))
ACME = Contact(
    id=7, kind=COMPANY, name="Acme", email="office@acme.example", phone="+49 30 1234", owner="Olga"
)
ANN = Contact(id=8, kind=PERSON, first_name="Ann", last_name="Lee", company=7)
PAGE = Path(__file__).parents[1] / "docs" / "migration.md"

#: Destinations that somebody could make of ours: poorer, richer, and one with nothing but a name.
OWN = (
    attrs.evolve(
        HUBSPOT,
        name="stages only",
        columns=tuple(column for column in HUBSPOT.columns if column.header != "hs_lead_status"),
        table=tuple(
            attrs.evolve(row, values={"lifecyclestage": row.values["lifecyclestage"]})
            for row in HUBSPOT.table
        ),
    ),
    attrs.evolve(PIPEDRIVE, name="labels and prospects", columns=(*PIPEDRIVE.columns, STATUSES[0])),
    attrs.evolve(SALESFORCE, name="type and customers", columns=(*SALESFORCE.columns, STATUSES[1])),
    attrs.evolve(PIPEDRIVE, name="labels and all", columns=(*PIPEDRIVE.columns, *STATUSES)),
    Destination(
        name="names",
        columns=[Column("name", "", "contact.name")],
        table=[Translation(*both) for both in EVERY],
    ),
)
every_destination = pytest.mark.parametrize(
    "to", [*DESTINATIONS.values(), *OWN], ids=lambda to: to.name
)
every_name = pytest.mark.parametrize("name", DESTINATIONS)


def one(contact, status=None, to="neutral", policy=SELL):
    (row,) = migrated([(contact, SalesStatus() if status is None else status)], to, policy)
    return row


def of(prospect, customer, to, contact=ACME):
    return one(contact, SalesStatus(prospect, customer), to)


def read(lines, delimiter=","):
    return list(csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter))


class TestTheNeutralFile:
    def test_it_has_the_statuses_the_reasons_and_the_deals_in_fixed_columns(self):
        assert [column.header for column in NEUTRAL] == [
            "contact_id", "kind", "name", "first_name", "last_name", "email", "phone", "company_id", "owner",
            "prospect_status", "prospect_rule", "prospect_because",
            "customer_status", "customer_rule", "customer_because",
            "deals_open", "deals_won", "deals_lost", "deals_unqualified", "deciding_deals",
        ]  # fmt: skip
        assert DESTINATIONS["neutral"].columns == NEUTRAL

    def test_a_contact_is_written_with_why_it_is_what_it_is(self):
        deals = {"D-2": WON, 1: OPEN, 3: LOST_DEAL, 4: LOST_DEAL, "D-5": UNQUALIFIED}
        row = one(ANN, SalesStatus(CURRENT, CUSTOMER, deals))
        assert dict(row.cells) == {
            "contact_id": 8,
            "kind": "person",
            "name": "Ann Lee",
            "first_name": "Ann",
            "last_name": "Lee",
            "email": "",
            "phone": "",
            "company_id": 7,
            "owner": "",
            "prospect_status": "current",
            "prospect_rule": "P1",
            "prospect_because": "prospect status current: P1, deal 1 decides",
            "customer_status": "current",
            "customer_rule": "C1",
            "customer_because": "customer status current: C1, deal 'D-2' decides",
            "deals_open": 1,
            "deals_won": 1,
            "deals_lost": 2,
            "deals_unqualified": 1,
            "deciding_deals": (1, "D-2"),
        }
        assert row.losses == ()

    def test_a_deal_that_decides_both_statuses_is_named_once(self):
        row = one(ANN, SalesStatus(NONE, CUSTOMER, {"D-1": WON}))
        assert row.cells["deciding_deals"] == ("D-1",)

    def test_the_reasons_are_those_of_the_policy(self):
        state = SalesStatus(LOST, CUSTOMER, {1: WON, 2: LOST_DEAL})
        strict = Policy(won_masks_lost=False)
        assert one(ANN, state, policy=strict).cells["prospect_rule"] == "P3"
        assert one(ANN, state).cells["prospect_rule"] == explain(state).prospect.rule != "P3"

    @given(strategies.contacts, strategies.states, strategies.policies)
    def test_it_tells_every_contact_all_that_explain_tells(self, contact, state, policy):
        cells = one(contact, state, policy=policy).cells
        why = explain(state, policy)
        assert tuple(cells) == DESTINATIONS["neutral"].headers
        assert (cells["contact_id"], cells["company_id"]) == (contact.id, contact.company)
        assert type(cells["contact_id"]) is type(contact.id)
        assert (cells["prospect_status"], cells["customer_status"]) == (
            state.prospect.value,
            state.customer.value,
        )
        assert (cells["prospect_because"], cells["customer_because"]) == (
            str(why.prospect),
            str(why.customer),
        )
        assert set(cells["deciding_deals"]) == {*why.prospect.deals, *why.customer.deals}
        counts = Counter(state.deals.values())
        assert all(cells[f"deals_{status.value}"] == counts[status] for status in DealStatus)

    def test_ten_thousand_deals_make_long_lists_and_short_sentences(self):
        state = SalesStatus(
            CURRENT, CUSTOMER, {number: (OPEN, WON)[number % 2] for number in range(10_000)}
        )
        rows = [one(ANN, state)]
        cells = json.loads("".join(written_jsonl(rows)))
        assert sorted(cells["deciding_deals"]) == list(range(10_000))
        assert (cells["deals_open"], cells["deals_won"]) == (5_000, 5_000)
        assert len(cells["prospect_because"]) < 200 > len(cells["customer_because"])
        assert "4995 more" in cells["customer_because"]
        assert json.loads(read(written_csv(rows))[1][-1]) == cells["deciding_deals"]


class TestTheTables:
    @every_name
    def test_every_combination_of_statuses_has_one_row(self, name):
        assert [(row.prospect, row.customer) for row in DESTINATIONS[name].table] == list(EVERY)

    @every_name
    def test_every_row_says_why(self, name):
        assert all(row.reason for row in DESTINATIONS[name].table)

    @every_destination
    def test_combinations_with_the_same_cells_all_say_which_they_are_and_no_others_do(self, to):
        own = [
            column.header
            for column in to.columns
            if column.source in ("", "status.prospect", "status.customer")
        ]
        rows = {both: of(*both, to) for both in EVERY}
        for both, row in rows.items():
            same = [
                f"prospect {prospect.value}, customer {customer.value}"
                for (prospect, customer), other in rows.items()
                if all(other.cells[header] == row.cells[header] for header in own)
            ]
            said = [loss for loss in row.losses if loss.endswith("cannot tell which")]
            assert f"prospect {both[0].value}, customer {both[1].value}" in same
            if len(same) == 1:
                assert said == []
            else:
                assert len(said) == 1
                assert all(name in said[0] for name in same)
                assert said[0].count("prospect") == len(same)
                assert said[0] in losses(to)

    def test_which_destinations_keep_the_combinations_apart(self):
        def groups(to):
            return sorted(
                loss.count("prospect") for loss in losses(to) if loss.endswith("cannot tell which")
            )

        assert {name: groups(name) for name in DESTINATIONS} == {
            "neutral": [],
            "hubspot": [],
            "pipedrive": [2, 2],
            "salesforce": [2, 3, 3],
        }
        assert [groups(to) for to in OWN] == [[2, 3, 3], [2, 2], [2, 2, 3], [], [9]]

    @pytest.mark.parametrize(
        ("name", "header", "known"),
        [
            (
                "hubspot",
                "lifecyclestage",
                {
                    "subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer",
                    "evangelist", "other",
                },
            ),
            (
                "hubspot",
                "hs_lead_status",
                {
                    "", "NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "UNQUALIFIED", "ATTEMPTED_TO_CONTACT", "CONNECTED",
                    "BAD_TIMING",
                },
            ),
            ("pipedrive", "label", {"", "Customer", "Hot lead", "Warm lead", "Cold lead"}),
            (
                "salesforce",
                "Type",
                {
                    "", "Prospect", "Customer - Direct", "Customer - Channel", "Channel Partner / Reseller",
                    "Installation Partner", "Technology Partner", "Other",
                },
            ),
        ],
    )  # fmt: skip
    def test_only_values_are_given_that_the_vendor_has_by_default(self, name, header, known):
        for row in DESTINATIONS[name].table:
            assert set(row.values[header].split(", ")) <= known, row

    @pytest.mark.parametrize("prospect", ProspectStatus)
    @pytest.mark.parametrize(
        ("name", "header", "value"),
        [
            ("hubspot", "lifecyclestage", "customer"),
            ("pipedrive", "label", "Customer"),
            ("salesforce", "Type", "Customer - Direct"),
        ],
    )
    def test_who_is_a_customer_is_one_there_and_nobody_else(self, name, header, value, prospect):
        customers = {
            customer: value in of(prospect, customer, name).cells[header].split(", ")
            for customer in CustomerStatus
        }
        assert customers == {NO_CUSTOMER: False, CUSTOMER: True, PAST: False}

    @pytest.mark.parametrize(("prospect", "customer"), EVERY)
    def test_in_hubspot_the_lead_status_follows_the_prospect_and_the_stage_the_customer(
        self, prospect, customer
    ):
        cells = of(prospect, customer, "hubspot").cells
        assert (
            cells["hs_lead_status"]
            == {NONE: "", CURRENT: "OPEN_DEAL", LOST: "UNQUALIFIED"}[prospect]
        )
        no_customer = "opportunity" if prospect is CURRENT else "lead"
        assert (
            cells["lifecyclestage"]
            == {NO_CUSTOMER: no_customer, CUSTOMER: "customer", PAST: "other"}[customer]
        )

    @pytest.mark.parametrize(("prospect", "customer"), EVERY)
    def test_in_pipedrive_a_label_stands_for_each_status_and_warm_for_a_past_customer_alone(
        self, prospect, customer
    ):
        labels = [
            label
            for label in of(prospect, customer, "pipedrive").cells["label"].split(", ")
            if label
        ]
        assert labels == [
            *(["Customer"] if customer is CUSTOMER else []),
            *(["Hot lead"] if prospect is CURRENT else []),
            *(["Cold lead"] if prospect is LOST else []),
            *(["Warm lead"] if (prospect, customer) == (NONE, PAST) else []),
        ]

    @pytest.mark.parametrize(("prospect", "customer"), EVERY)
    def test_in_salesforce_the_customer_comes_before_the_prospect(self, prospect, customer):
        type_ = of(prospect, customer, "salesforce").cells["Type"]
        if customer is CUSTOMER:
            assert type_ == "Customer - Direct"
        elif customer is PAST and prospect is not CURRENT:
            assert type_ == "Other"
        else:
            assert type_ == ("" if prospect is NONE else "Prospect")

    @given(strategies.contacts, strategies.states, st.sampled_from(sorted(DESTINATIONS)))
    def test_cells_and_losses_follow_from_the_statuses_alone(self, contact, state, name):
        to = DESTINATIONS[name]
        row = one(contact, state, name)
        if contact.kind not in to.kinds:
            assert not row.cells
            return
        assert {
            header: row.cells[header] for header in to.translation(state).values
        } == to.translation(state).values
        assert row.losses[: len(to.losses(state))] == to.losses(state)


class TestWhatIsLost:
    def test_hubspot_keeps_all_nine_apart_by_two_fields(self):
        cells = {
            tuple(of(*both, "hubspot").cells[key] for key in ("lifecyclestage", "hs_lead_status"))
            for both in EVERY
        }
        assert len(cells) == 9

    def test_a_row_of_pipedrive_tells_what_it_hides(self):
        row = of(CURRENT, PAST, "pipedrive")
        assert row.cells["label"] == "Hot lead"
        assert row.losses == (
            "`Hot lead` is an opinion, not an open deal, nor that it was a customer",
            "prospect current, customer none / prospect current, customer past: Pipedrive cannot tell which",
        )

    def test_salesforce_has_no_place_for_a_person_and_says_so(self):
        row = one(ANN, SalesStatus(CURRENT), "salesforce")
        assert row == Row(
            SALESFORCE,
            ANN,
            FrozenMap(),
            ("a person has no such status in Salesforce: it gets no row",),
        )
        assert row.losses[0] in losses("salesforce")
        assert not any(
            "no such status" in loss
            for name in ("neutral", "hubspot", "pipedrive")
            for loss in losses(name)
        )

    @every_destination
    def test_what_is_lost_of_all_names_every_field_and_every_neutral_column_that_goes_nowhere(
        self, to
    ):
        said = "; ".join(losses(to))
        paths = {column.source for column in to.columns}
        for field in attrs.fields(Contact):
            named = f" {field.name}," in said or f" {field.name} of a contact" in said
            assert named is (f"contact.{field.name}" not in paths), field.name
        own = {column.header for column in STATUSES} if "" in paths else set()
        for column in NEUTRAL:
            if not column.source.startswith("contact."):
                named = (
                    f" {column.header}," in said or f" {column.header} of the neutral file" in said
                )
                assert named is (column.source not in paths and column.header not in own), (
                    column.header
                )

    def test_what_a_destination_says_of_itself_comes_first(self):
        for to in DESTINATIONS.values():
            assert to.loses
            assert losses(to)[: len(to.loses)] == to.loses == losses(to.name)[: len(to.loses)]

    def test_nothing_is_repeated(self):
        for name in DESTINATIONS:
            assert len(set(losses(name))) == len(losses(name))

    @pytest.mark.parametrize(("name", "header"), [("pipedrive", "name"), ("salesforce", "Name")])
    def test_a_name_that_is_missing_is_said_where_it_is_needed(self, name, header):
        nameless = attrs.evolve(ACME, name="")
        sentence = f"{DESTINATIONS[name].title} refuses a row without `{header}`"
        assert sentence in one(nameless, to=name).losses
        assert sentence not in one(ACME, to=name).losses
        assert one(nameless, to=name).cells[header] == ""
        assert one(nameless).losses == one(nameless, to="hubspot").losses[1:] == ()

    def test_what_csv_has_to_change_is_said(self):
        row = one(attrs.evolve(ACME, name="=1+A1", owner="nul \0", email="\ud800x"))
        assert row.losses == (
            "in CSV, `name` has an apostrophe before what looks like a formula",
            "in CSV, `email` has � for NUL and halves of characters",
            "in CSV, `owner` has � for NUL and halves of characters",
        )


class TestRows:
    def test_there_is_one_for_each_contact_in_the_order_given(self):
        pairs = [(ACME, SalesStatus()), (ANN, SalesStatus(CURRENT)), (ACME, SalesStatus(LOST))]
        rows = list(migrated(iter(pairs), "hubspot"))
        assert [row.contact for row in rows] == [ACME, ANN, ACME]
        assert [row.cells["lifecyclestage"] for row in rows] == ["lead", "opportunity", "lead"]
        assert all(row.to is HUBSPOT for row in rows)

    def test_rows_and_destinations_can_be_sent_elsewhere(self):
        for name in DESTINATIONS:
            row = one(ACME, SalesStatus(CURRENT, PAST, {1: OPEN}), name)
            sent = pickle.loads(pickle.dumps(row))
            assert sent == row
            assert sent.to.losses(SalesStatus(CURRENT, PAST)) == row.to.losses(
                SalesStatus(CURRENT, PAST)
            )
            assert list(written_csv([row, sent])) == list(written_csv([row, row]))

    def test_no_contacts_make_no_rows(self):
        assert list(migrated([])) == []

    def test_only_as_many_contacts_are_read_as_rows_are_wanted(self):
        asked = []

        def endless():
            while True:
                asked.append(ACME)
                yield ACME, SalesStatus()

        lines = written_csv(migrated(endless()))
        assert len(list(islice(lines, 3))) == 3
        assert len(asked) == 2

    @pytest.mark.parametrize("to", ["", "HubSpot", "zoho", None, 7, ["hubspot"]])
    def test_a_destination_that_is_not_known_is_refused_at_once(self, to):
        for function in (
            lambda: migrated([], to),
            lambda: losses(to),
            lambda: mapping_markdown(to),
        ):
            with pytest.raises(InvalidError) as error:
                function()
            assert (error.value.place, error.value.value) == ("to", to)
            assert "neutral, hubspot, pipedrive, salesforce" in error.value.expected
        if to is not None:
            with pytest.raises(InvalidError, match=r"^to: "):
                written_csv([], to)

    def test_what_is_no_policy_is_refused_at_once(self):
        with pytest.raises(InvalidError, match=r"^policy: expected a Policy"):
            migrated([], "neutral", "sell")

    @pytest.mark.parametrize("contacts", [None, 7, "ann", b"ann", {8: (ANN, SalesStatus())}])
    def test_what_are_no_contacts_is_refused_at_once(self, contacts):
        with pytest.raises(
            InvalidError, match=r"^contacts: expected pairs of a Contact and its SalesStatus"
        ):
            migrated(contacts)

    @pytest.mark.parametrize(
        "pair",
        [
            None,
            ANN,
            (),
            (ANN,),
            (SalesStatus(), ANN),
            (ANN, "current"),
            (ANN, SalesStatus(), SalesStatus()),
            [ANN, SalesStatus()],
            (8, SalesStatus()),
        ],
    )
    def test_what_is_no_contact_with_its_status_is_named_by_its_place_and_the_rows_before_stand(
        self, pair
    ):
        rows = migrated([(ACME, SalesStatus()), pair, (ANN, SalesStatus())])
        assert next(rows).contact is ACME
        with pytest.raises(InvalidError) as error:
            next(rows)
        assert (error.value.place, error.value.value) == ("contacts[1]", pair)

    def test_a_row_has_the_columns_of_its_destination_or_none(self):
        cells = one(ACME).cells
        for wrong in (FrozenMap({"name": "Acme"}), FrozenMap(reversed(cells.items()))):
            with pytest.raises(InvalidError, match=r"^Row.cells: expected the columns of neutral"):
                Row(DESTINATIONS["neutral"], ACME, wrong, ())
        with pytest.raises(InvalidError, match=r"^Row.to"):
            Row("neutral", ACME, cells, ())
        with pytest.raises(InvalidError, match=r"^Row.contact"):
            Row(DESTINATIONS["neutral"], 7, cells, ())
        with pytest.raises(InvalidError, match=r"^Row.losses"):
            Row(DESTINATIONS["neutral"], ACME, cells, "lost")

    def test_a_migrant_is_checked(self):
        why = explain(SalesStatus())
        for field, wrong in (("contact", 7), ("status", "current"), ("explanation", "because")):
            parts = {"contact": ACME, "status": SalesStatus(), "explanation": why} | {field: wrong}
            with pytest.raises(InvalidError, match=f"^Migrant.{field}"):
                Migrant(**parts)


class TestADestinationOfOnesOwn:
    def test_other_values_of_the_same_picklist(self):
        french = {
            "Customer - Direct": "Client",
            "Prospect": "Prospect",
            "Other": "Ancien client",
            "": "",
        }
        own = attrs.evolve(
            SALESFORCE,
            name="salesforce-fr",
            table=[
                attrs.evolve(row, values={"Type": french[row.values["Type"]]})
                for row in SALESFORCE.table
            ],
        )
        assert [
            one(ACME, SalesStatus(NONE, customer), own).cells["Type"] for customer in CustomerStatus
        ] == [
            "",
            "Client",
            "Ancien client",
        ]

    def test_columns_may_be_functions_and_any_path_to_something_plain(self):
        tier = Column("tier", "ours", lambda migrant: migrant.contact.custom_fields.get("Tier"))
        extra = [
            Column("address", "", "contact.address"),
            Column("tags", "", "contact.tags"),
            Column("since", "", lambda migrant: migrant.contact.created_at),
            Column("won", "", lambda migrant: migrant.deals_won > 0),
            Column("status", "", lambda migrant: migrant.status.prospect),
            tier,
        ]
        own = Destination(name="own", columns=extra, table=[Translation(*both) for both in EVERY])
        contact = attrs.evolve(
            ACME,
            address=Address(line1="1 Main Street", city="Springfield"),
            tags={"vip", "é"},
            created_at=datetime(2026, 5, 4, tzinfo=timezone.utc),
            custom_fields={"Tier": 2},
        )
        row = one(contact, SalesStatus(NONE, CUSTOMER, {1: WON}), own)
        assert list(row.cells.values()) == [
            "1 Main Street, Springfield",
            ("vip", "é"),
            "2026-05-04T00:00:00+00:00",
            True,
            "none",
            2,
        ]
        assert read(written_csv([row]))[1] == [
            "1 Main Street, Springfield", '["vip", "é"]', "2026-05-04T00:00:00+00:00", "true", "none", "2",
        ]  # fmt: skip
        assert own.title == "own"
        assert "a function" in mapping_markdown(own)
        assert one(ACME, to=own).cells["tier"] is None

    @pytest.mark.parametrize(
        "value", [1.5, object(), [1], (1, None), (1, True), {"a": 1}, frozenset({1}), b"x"]
    )
    def test_a_function_that_gives_what_no_file_can_hold_is_named(self, value):
        own = Destination(
            name="own",
            columns=[Column("tier", "", lambda _: value)],
            table=[Translation(*both) for both in EVERY],
        )
        with pytest.raises(
            InvalidError, match=r"^column 'tier': expected a text, an int, a bool, None"
        ):
            one(ACME, to=own)

    @pytest.mark.parametrize(
        "source",
        [
            "contact.nothing",
            "Contact",
            "contact.custom_fields",
            "contact",
            "status",
            " ",
            "contact..name",
            None,
            7,
            ["x"],
        ],
    )
    def test_a_path_that_leads_nowhere_is_refused(self, source):
        with pytest.raises(
            InvalidError, match=r"^Column.source: expected a path from a Migrant"
        ) as error:
            Column("header", "", source)
        assert error.value.value == source

    @pytest.mark.parametrize("blank", ["", "  ", None, 7])
    def test_a_name_is_no_blank(self, blank):
        with pytest.raises(
            InvalidError, match=r"^Column.header: expected a text that is not blank"
        ):
            Column(blank)
        with pytest.raises(InvalidError, match=r"^Destination.name"):
            attrs.evolve(PIPEDRIVE, name=blank)

    @pytest.mark.parametrize("missing", range(9))
    def test_a_combination_without_a_row_or_with_two_is_named(self, missing):
        rows = list(PIPEDRIVE.table)
        gone = rows.pop(missing)
        for table, count in ((rows, 0), ([*PIPEDRIVE.table, gone], 2)):
            with pytest.raises(
                InvalidError, match=r"^Destination.table: expected one row for each"
            ) as error:
                attrs.evolve(PIPEDRIVE, table=table)
            assert error.value.value == f"{count} rows for {gone}"

    @pytest.mark.parametrize("values", [{}, {"label": "x", "other": "y"}, {"Label": "x"}])
    def test_a_row_with_other_values_than_the_columns_want_is_named(self, values):
        table = [*PIPEDRIVE.table[:-1], attrs.evolve(PIPEDRIVE.table[-1], values=values)]
        with pytest.raises(InvalidError) as error:
            attrs.evolve(PIPEDRIVE, table=table)
        assert error.value.place == "Destination.table, prospect lost, customer past"
        assert error.value.value == values
        assert "(label)" in error.value.expected

    def test_values_for_no_column_are_refused(self):
        table = [Translation(*both, {"label": "x"}) for both in EVERY]
        with pytest.raises(InvalidError, match="there is none"):
            attrs.evolve(DESTINATIONS["neutral"], table=table)

    @pytest.mark.parametrize("values", [None, 7, [("label", "x")], {"label": None}, {7: "x"}])
    def test_values_are_texts_by_header(self, values):
        with pytest.raises(InvalidError, match=r"^Translation.values"):
            Translation(NONE, PAST, values)

    @pytest.mark.parametrize(
        ("field", "wrong"),
        [
            ("columns", ()),
            ("columns", None),
            ("columns", "name"),
            ("columns", ["name"]),
            ("columns", (*PIPEDRIVE.columns, PIPEDRIVE.columns[0])),
            ("table", ["row"]),
            ("kinds", ()),
            ("kinds", ["person"]),
            ("loses", "everything"),
            ("loses", [7]),
            ("title", ""),
        ],
    )
    def test_what_no_destination_is_made_of_is_named(self, field, wrong):
        with pytest.raises(InvalidError) as error:
            attrs.evolve(PIPEDRIVE, **{field: wrong})
        assert error.value.place == f"Destination.{field}"

    @pytest.mark.parametrize("status", [None, "current", ProspectStatus.CURRENT])
    def test_only_a_status_is_translated(self, status):
        for method in (HUBSPOT.translation, HUBSPOT.losses):
            with pytest.raises(InvalidError, match=r"^status: expected a SalesStatus"):
                method(status)

    def test_nothing_of_it_can_be_changed(self):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            HUBSPOT.name = "other"
        assert isinstance(HUBSPOT.table, tuple)
        assert hash(HUBSPOT) == hash(attrs.evolve(HUBSPOT))
        assert attrs.evolve(HUBSPOT) == HUBSPOT != PIPEDRIVE


def taken_for_a_formula(cell):
    """Whether a spreadsheet could: what it looks at first is a sign, and something in the cell has
    a name."""
    visible = cell.lstrip(' "\u200b\ufeff\x0b\x00\u00a0')
    if not visible or unicodedata.normalize("NFKC", visible[0]) not in ("=", "+", "-", "@"):
        return False
    return visible[0] in "=@" or not set(visible) <= set("0123456789 ().,/+-")


def split_by_any(text):
    for separator in "|\t\r\n":
        text = text.replace(separator, ";")
    return text.split(";")


class TestHarmlessCells:
    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("=1+1", "'=1+1"),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+A1", "'+A1"),
            ("-x0", "'-x0"),
            ("+12 x34", "'+12 x34"),
            ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
            ("\tAnn", "'\tAnn"),
            ("\rAnn", "'\rAnn"),
            ("\nAnn", "'\nAnn"),
            (" =A1", "' =A1"),
            ('"=A1', "'\"=A1"),
            ("\ufeff=A1", "'\ufeff=A1"),
            ("\u200b@A1", "'\u200b@A1"),
            ("＝A1", "'＝A1"),
            ("＋A1", "'＋A1"),
            ("－A1", "'－A1"),
            ("＠A1", "'＠A1"),
            ("﹦A1", "'﹦A1"),
            ("−A1", "'−A1"),
            ("'=A1", "''=A1"),
            ("Ann;=A1", "Ann;'=A1"),
            ("Ann\n=A1", "Ann\n'=A1"),
            ("Ann\t@A1", "Ann\t'@A1"),
            ("+49 30 1;+49 30 2", "'+49 30 1;'+49 30 2"),
        ],
    )
    def test_what_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(self, text, written):
        assert harmless(text) == written

    @pytest.mark.parametrize(
        "text",
        [
            "", "Ann", "'t Hooft", "a=b", "a@b.example", "Müller-Lüdenscheidt", "1+1", "-12.50", "-1,5", "+49 30 1234",
            "+49 (0)30 / 12-34", "+1-800-555-0100", "+1 800 555 0100 x12", "+1 800 555 0100 ext. 12", "-", "--", "(030) 1234",
            "Ann; Bob", "one\ntwo", '["=x"]', " ", "’=x",
        ],
    )  # fmt: skip
    def test_anything_else_stays_as_it_is(self, text):
        assert harmless(text) == text

    def test_of_all_short_texts_none_is_a_formula_and_no_two_become_the_same(self):
        texts = [
            "".join(signs) for length in range(6) for signs in product("'=+1a;\t", repeat=length)
        ]
        written = [harmless(text) for text in texts]
        assert len(set(written)) == len(texts) > 19_000
        for text, cell in zip(texts, written, strict=True):
            assert not any(taken_for_a_formula(part) for part in split_by_any(cell)), text
            assert cell[:1] not in ("\t", "\r", "\n")
            assert cell.replace("'", "") == text.replace("'", "")

    @given(strategies.any_texts | st.text("'\"=+-@＝＋＠;|\t\r\n 1aé\ufeff\u200b"))
    def test_no_text_is_taken_for_a_formula(self, text):
        cell = harmless(text)
        assert not any(taken_for_a_formula(part) for part in split_by_any(cell))
        assert cell.replace("'", "") == text.replace("'", "")
        assert harmless(cell).replace("'", "") == cell.replace("'", "")


class TestCsv:
    def test_the_header_comes_first_and_lines_end_as_the_format_has_it(self):
        lines = list(written_csv(migrated([(ACME, SalesStatus(CURRENT))], "salesforce")))
        assert (
            lines[0]
            == "contact_id,kind,Name,Phone,owner,Type,prospect_because,customer_because\r\n"
        )
        assert lines[1].startswith("7,company,Acme,+49 30 1234,Olga,Prospect,")
        assert all(line.endswith("\r\n") for line in lines)

    def test_nothing_makes_an_empty_file_or_with_a_destination_its_header(self):
        assert list(written_csv([])) == []
        for to in ("hubspot", HUBSPOT):
            assert read(written_csv([], to)) == [list(HUBSPOT.headers)]

    def test_a_contact_without_a_place_has_no_line(self):
        rows = list(
            migrated(
                [(ANN, SalesStatus()), (ACME, SalesStatus()), (ANN, SalesStatus())], "salesforce"
            )
        )
        assert [line[0] for line in read(written_csv(rows))] == ["contact_id", "7"]
        assert [line[0] for line in read(written_csv(rows[:1]))] == ["contact_id"]

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "line\nbreak",
            "line\r\nbreak",
            'quo"te',
            '"',
            "com,ma",
            "semi;colon",
            '=HYPERLINK("https://example.org")',
            "\t=A1",
            "日本語 🎉",
            "\u2028\u2029\x85",
            "\\",
        ],
    )
    def test_hostile_names_come_back_from_a_reader_but_for_the_apostrophes(self, name):
        line = list(written_csv([one(attrs.evolve(ACME, name=name))]))[1]
        (cells,) = csv.reader(io.StringIO(line, newline=""), strict=True)
        assert len(cells) == len(NEUTRAL)
        assert cells[2].replace("'", "") == name.replace("'", "")
        assert cells[5] == "office@acme.example"

    def test_a_name_of_a_million_characters_is_written_whole(self):
        name = "x" * 1_000_000
        row = one(attrs.evolve(ACME, name=name))
        assert list(written_csv([row]))[1].startswith(f"7,company,{name},,,office@")
        assert json.loads(next(written_jsonl([row])))["name"] == name

    def test_nul_and_halves_of_characters_become_one_that_any_file_can_hold(self):
        row = one(attrs.evolve(ACME, name="a\0b", owner="\ud83d x \ude00"))
        text = "".join(written_csv([row]))
        assert text.encode()
        (cells,) = read([text])[1:]
        assert (cells[2], cells[8]) == ("a�b", "� x �")
        assert (row.cells["name"], row.cells["owner"]) == ("a\0b", "\ud83d x \ude00")

    @given(
        st.lists(st.tuples(strategies.persons, strategies.states), max_size=3),
        st.sampled_from(sorted(DESTINATIONS)),
    )
    def test_whatever_the_contacts_no_reader_meets_a_formula_and_every_line_has_all_columns(
        self, pairs, name
    ):
        pairs = [
            (attrs.evolve(contact, id=number, company=None), state)
            for number, (contact, state) in enumerate(pairs)
        ]
        text = "".join(written_csv(migrated(pairs, name), name))
        lines = read([text])
        assert all(len(line) == len(DESTINATIONS[name].columns) for line in lines)
        assert len(lines) == (1 if name == "salesforce" else len(pairs) + 1)
        for delimiter in ",;\t|":
            for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
                for cell in line:
                    assert not taken_for_a_formula(cell), (delimiter, cell)

    @given(strategies.any_texts)
    def test_no_name_can_start_a_cell_or_a_line_of_its_own(self, name):
        lines = read(written_csv([one(attrs.evolve(ACME, name=name)), one(ANN)]))
        assert [line[0] for line in lines] == ["contact_id", "7", "8"]
        assert lines[1][2].replace("'", "") == "".join(
            "�" if sign == "\0" or "\ud800" <= sign <= "\udfff" else sign for sign in name
        ).replace("'", "")

    @pytest.mark.parametrize(
        ("first", "second", "place"),
        [
            (attrs.evolve(ACME, id=7), attrs.evolve(ACME, id="7"), "rows[1].cells['contact_id']"),
            (attrs.evolve(ACME, id="7"), attrs.evolve(ACME, id=7), "rows[1].cells['contact_id']"),
            (attrs.evolve(ACME, id=7), attrs.evolve(ACME, id="-12"), "rows[1].cells['contact_id']"),
            (ACME, attrs.evolve(ANN, company="7"), "rows[1].cells['company_id']"),
            (
                attrs.evolve(ACME, id="x"),
                attrs.evolve(ANN, company="0"),
                "rows[1].cells['company_id']",
            ),
        ],
    )
    def test_ids_that_would_look_the_same_do_not_go_into_one_file(self, first, second, place):
        rows = [one(first), one(second)]
        lines = written_csv(rows)
        written = [next(lines), next(lines)]
        with pytest.raises(InvalidError) as error:
            next(lines)
        assert error.value.place == place
        assert "JSONL" in error.value.expected
        assert list(lines) == []
        assert written == list(written_csv(rows[:1]))
        kept = [json.loads(line)["contact_id"] for line in written_jsonl(rows)]
        assert kept == [first.id, second.id]
        assert [type(id_) for id_ in kept] == [type(first.id), type(second.id)]

    def test_ids_of_both_types_that_look_different_do(self):
        contacts = [attrs.evolve(ACME, id=id_) for id_ in (7, "D-7", "07", "7.0", "٧", " 7", "+7")]
        lines = read(written_csv([one(contact) for contact in contacts]))
        assert [line[0] for line in lines[1:]] == ["7", "D-7", "07", "7.0", "٧", " 7", "+7"]

    def test_texts_of_digits_that_are_no_ids_are_not_looked_at(self):
        rows = [one(attrs.evolve(ACME, owner="7", name="8")), one(ACME)]
        assert read(written_csv(rows))[1][2] == "8"

    def test_rows_to_several_destinations_do_not_go_into_one_file(self):
        lines = written_csv([one(ACME), one(ACME, to="hubspot")])
        assert [next(lines), next(lines)] == list(written_csv([one(ACME)]))
        with pytest.raises(InvalidError, match=r"^rows\[1\].to: expected neutral, as before"):
            next(lines)
        with pytest.raises(InvalidError, match=r"^rows\[0\].to: expected hubspot"):
            list(written_csv([one(ACME)], "hubspot"))

    def test_destinations_that_are_equal_are_one(self):
        rows = [one(ACME, to=HUBSPOT), one(ANN, to=attrs.evolve(HUBSPOT))]
        assert len(list(written_csv(rows))) == 3


class TestJsonl:
    @given(strategies.contacts, strategies.states, st.sampled_from(sorted(DESTINATIONS)))
    def test_every_cell_comes_back_as_it_was(self, contact, state, name):
        row = one(contact, state, name)
        lines = list(written_jsonl([row]))
        if not row.cells:
            assert lines == []
            return
        (line,) = lines
        assert line.isascii()
        assert line.endswith("\n")
        assert "\n" not in line[:-1]
        back = json.loads(line)
        assert list(back) == list(row.cells)
        for header, cell in row.cells.items():
            assert back[header] == (list(cell) if isinstance(cell, tuple) else cell)
            assert type(back[header]) is (list if isinstance(cell, tuple) else type(cell))

    def test_nothing_in_it_is_changed_for_spreadsheets_or_files(self):
        hostile = attrs.evolve(ACME, name="=A1\0", owner="\ud800")
        cells = json.loads(next(written_jsonl([one(hostile)])))
        assert (cells["name"], cells["owner"]) == ("=A1\0", "\ud800")


class TestWhatIsNoRow:
    @pytest.mark.parametrize("write", [written_csv, written_jsonl])
    @pytest.mark.parametrize("rows", [None, 7, "rows", {"a": 1}])
    def test_what_has_no_rows_is_refused_at_once(self, write, rows):
        with pytest.raises(InvalidError, match=r"^rows: expected rows of `migrated`"):
            write(rows)

    @pytest.mark.parametrize("write", [written_csv, written_jsonl])
    @pytest.mark.parametrize("row", [None, ACME, (ACME, SalesStatus()), {"contact_id": 7}])
    def test_what_is_no_row_is_named_by_its_place(self, write, row):
        lines = write([one(ACME), row])
        with pytest.raises(InvalidError, match=r"^rows\[1\]: expected a Row"):
            list(lines)

    def test_an_int_too_long_to_write_is_refused_by_its_column(self):
        with pytest.raises(
            InvalidError, match=r"^column 'contact_id': expected what can be written"
        ):
            one(attrs.evolve(ACME, id=10**5000))
        row = attrs.evolve(one(ACME), cells=FrozenMap({**one(ACME).cells, "contact_id": 10**5000}))
        with pytest.raises(InvalidError, match=r"^column 'contact_id'"):
            list(written_csv([row]))
        with pytest.raises(InvalidError, match=r"^rows\[0\].cells"):
            list(written_jsonl([row]))

    @pytest.mark.parametrize("cell", [float("nan"), float("inf"), object()])
    def test_cells_that_somebody_made_of_something_else_are_refused(self, cell):
        row = attrs.evolve(one(ACME), cells=FrozenMap({**one(ACME).cells, "name": cell}))
        with pytest.raises(InvalidError, match=r"^column 'name'"):
            list(written_csv([row]))
        with pytest.raises(InvalidError, match=r"^rows\[0\].cells"):
            list(written_jsonl([row]))


class TestThePage:
    @every_name
    def test_the_tables_of_the_page_are_printed_from_the_rows(self, name):
        page = PAGE.read_text(encoding="utf-8")
        table = page.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- end of {name} -->")[0]
        assert table.strip() == mapping_markdown(name).strip()

    @every_destination
    def test_all_columns_rows_and_losses_are_printed(self, to):
        printed = mapping_markdown(to)
        lines = printed.splitlines()
        for column in to.columns:
            assert any(line.startswith(f"| `{column.header}` | {column.meaning}") for line in lines)
        if any(column.source == "" for column in to.columns):
            for row in to.table:
                (line,) = [
                    line
                    for line in lines
                    if line.startswith(f"| {row.prospect.value} | {row.customer.value} |")
                ]
                assert row.reason in line
                assert all(f"`{value}`" in line for value in row.values.values() if value)
                assert all(
                    loss in line for loss in to.losses(SalesStatus(row.prospect, row.customer))
                )
        assert all(f"- {loss}" in lines for loss in losses(to))

    def test_a_bar_or_a_line_break_does_not_break_a_table(self):
        to = Destination(
            name="bars",
            columns=[Column("a|b", "one\ntwo", "contact.name", needed=True)],
            table=[Translation(*both) for both in EVERY],
        )
        assert r"| `a\|b` | one two (needed) | `contact.name` |" in mapping_markdown(to)
