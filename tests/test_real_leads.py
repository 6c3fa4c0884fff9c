"""Reports on real leads: the REST samples of Bitrix24's documentation, and an export of a
Salesforce Developer Edition org.

The files are not part of the repository: the tests read them where they are, and are skipped where
they are not. All expectations were worked out by hand from the files."""

import csv
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import attrs
import pytest

from salesstatus import InvalidError
from salesstatus.lead import ConversionRecord, Lead, StageMeaning
from salesstatus.leads.reports import (
    ConversionCount,
    FunnelStep,
    JunkReason,
    StageCount,
    conversions,
    funnel,
    junk_reasons,
    rows,
    stage_counts,
)
from salesstatus.leads.stage_history import LeadSaved, Visit, latest, visits
from salesstatus.leads.stages import BITRIX24_STAGES, Stage, StageBook

# In the checkout `shared` stands beside the project; a copy within it will do as well.
ROOT = Path(__file__).resolve().parents[1]
OPEN, SUCCESS, FAILURE = StageMeaning


def folder(name, file):
    places = (ROOT.parent / "shared/data" / name, ROOT / "shared/data" / name)
    return next((place for place in places if (place / file).is_file()), None)


BITRIX24 = folder("bitrix24", "leads__crm-lead-get__0.json")
SALESFORCE = folder("salesforce_history", "Lead.csv")
bitrix24 = pytest.mark.skipif(
    BITRIX24 is None, reason="the samples of Bitrix24 are not beside this checkout"
)
salesforce = pytest.mark.skipif(
    SALESFORCE is None, reason="the Salesforce history is not beside this checkout"
)


def numbers(records, *names):
    return [tuple(getattr(record, name) for name in names) for record in records]


# ---- Bitrix24 ----


def sample(name):
    return json.loads((BITRIX24 / f"{name}.json").read_text(encoding="utf-8"))["result"]


#: A stage says what it means in words, or only in the short code; of failure there are two words.
WORDS = {"process": OPEN, "success": SUCCESS, "failure": FAILURE, "apology": FAILURE}
CODES = {None: OPEN, "S": SUCCESS, "F": FAILURE}


def book_of(name):
    """Return the book that a list of statuses is, in the order of its SORT."""
    return StageBook(
        Stage(
            row["STATUS_ID"],
            WORDS[row["EXTRA"]["SEMANTICS"]] if "EXTRA" in row else CODES[row["SEMANTICS"]],
            row["NAME"],
        )
        for row in sorted(sample(name), key=lambda row: int(row["SORT"]))
    )


def of_lead(row):
    """Read a lead of the classic methods: every value is a text, and "0" or null is no contact."""
    id_ = row["ID"]
    converted = row["STATUS_SEMANTIC_ID"] == "S" and row["CONTACT_ID"] not in (None, "0")
    return Lead(
        id=id_,
        first_name=row["NAME"] or "",
        last_name=row["LAST_NAME"] or "",
        source=row["SOURCE_ID"],
        status=row["STATUS_ID"],
        owner=row["ASSIGNED_BY_ID"],
        created_by=row["CREATED_BY_ID"],
        created_at=datetime.fromisoformat(row["DATE_CREATE"]),
        conversion=ConversionRecord(
            id=f"lead {id_}",
            lead=id_,
            at=datetime.fromisoformat(row["DATE_CLOSED"]),
            person=row["CONTACT_ID"],
        )
        if converted
        else None,
    )


def of_item(row):
    """Read a lead of the universal methods: ids are numbers, and a list has only the fields that
    were asked for."""
    return Lead(
        id=row["id"],
        first_name=row["name"],
        last_name=row["lastName"] or "",
        source=row["sourceId"],
        status=row["stageId"],
        owner=str(row["assignedById"]),
        created_by=str(row.get("createdBy", "")),
        created_at=datetime.fromisoformat(row["createdTime"]) if "createdTime" in row else None,
    )


def listed():
    return sample("leads__crm-lead-list__0.ellipsis-removed")


def all_leads():
    """Return the eight leads of the four samples: 123; 5, 6; 250; 253, 255, 252, 254."""
    return [
        of_lead(sample("leads__crm-lead-get__0")),
        *map(of_lead, listed()),
        of_item(sample("universal__crm-item-get__0")["item"]),
        *map(of_item, sample("universal__crm-item-list__0")["items"]),
    ]


def stage_history():
    return [
        Visit(row["OWNER_ID"], row["STAGE_ID"], datetime.fromisoformat(row["CREATED_TIME"]))
        for row in sample("crm-stage-history-list__0")["items"]
    ]


#: Created 2021-05-31 15:10:16, converted on 07-16 at 16:43:44 and 16:43:47.
LIVED = (
    timedelta(days=46, hours=1, minutes=33, seconds=28),
    timedelta(days=46, hours=1, minutes=33, seconds=31),
)
BETWEEN = timedelta(days=46, hours=1, minutes=33, seconds=29.5)


@bitrix24
class TestBitrix24Book:
    def test_the_tutorial_prints_three_of_six_stages(self):
        assert book_of("how-to-get-lists__how-to-get-stages-with-semantics__0") == StageBook(
            [
                Stage("NEW", OPEN, "Not processed"),
                Stage("CONVERTED", SUCCESS, "Converted"),
                Stage("JUNK", FAILURE, "Low-quality lead"),
            ]
        )

    def test_without_words_the_codes_say_the_same(self):
        book = book_of("how-to-get-lists__how-to-get-stages-with-semantics__1")
        assert [stage.meaning for stage in book.stages] == [OPEN, SUCCESS, FAILURE]

    def test_a_book_can_have_two_stages_of_failure(self):
        book = book_of("status__crm-status-list__0")
        assert (len(book.of(OPEN)), book.success, book.of(FAILURE)) == (
            5,
            "WON",
            ("LOSE", "APOLOGY"),
        )


@bitrix24
class TestBitrix24Leads:
    """Eight leads: three in NEW, three in IN_PROCESS, two converted into contacts 2069 and 2070."""

    def test_stages_in_the_default_book(self):
        assert stage_counts(all_leads(), BITRIX24_STAGES) == (
            StageCount("NEW", "Unprocessed", OPEN, 3, 0.375),
            StageCount("IN_PROCESS", "In process", OPEN, 3, 0.375),
            StageCount("PROCESSED", "Processed", OPEN, 0, 0.0),
            StageCount("CONVERTED", "High-quality lead", SUCCESS, 2, 0.25),
            StageCount("JUNK", "Low-quality lead", FAILURE, 0, 0.0),
        )

    def test_in_the_book_of_the_tutorial_a_stage_is_missing_and_no_lead_is(self):
        book = book_of("how-to-get-lists__how-to-get-stages-with-semantics__0")
        assert stage_counts(all_leads(), book) == (
            StageCount("NEW", "Not processed", OPEN, 3, 0.375),
            StageCount("CONVERTED", "Converted", SUCCESS, 2, 0.25),
            StageCount("JUNK", "Low-quality lead", FAILURE, 0, 0.0),
            StageCount("IN_PROCESS", "IN_PROCESS", None, 3, 0.375),
        )
        (count,) = conversions(all_leads(), book)
        assert (count.open, count.converted, count.unknown, count.rate) == (3, 2, 3, 0.25)

    def test_conversions(self):
        assert conversions(all_leads(), BITRIX24_STAGES) == (
            ConversionCount(None, 8, 6, 2, 0, 0, 0, 0.25, 2, 0, BETWEEN, BETWEEN),
        )

    @pytest.mark.parametrize(
        ("by", "expected"),
        [
            (
                "source",
                [
                    ("ADVERTISING", 2, 0),
                    ("CALL", 2, 2),
                    ("WEB", 2, 0),
                    ("1", 1, 0),
                    ("TRADE_SHOW", 1, 0),
                ],
            ),
            ("owner", [("1", 6, 2), ("6", 2, 0)]),
            ("created_by", [("", 4, 0), ("1", 4, 2)]),
        ],
    )
    def test_by_group(self, by, expected):
        assert (
            numbers(conversions(all_leads(), BITRIX24_STAGES, by), "group", "leads", "converted")
            == expected
        )

    def test_nobody_is_junk(self):
        assert junk_reasons(all_leads(), BITRIX24_STAGES) == ()

    def test_both_funnels(self):
        def steps(kind):
            return numbers(
                funnel(all_leads(), (), BITRIX24_STAGES, kind),
                "stage",
                "leads",
                "share",
                "of_before",
            )

        assert steps("visited") == [
            ("NEW", 3, 0.375, None),
            ("IN_PROCESS", 3, 0.375, 1.0),
            ("PROCESSED", 0, 0.0, 0.0),
            ("CONVERTED", 2, 0.25, None),
        ]
        assert steps("implied") == [
            ("NEW", 5, 0.625, None),
            ("IN_PROCESS", 5, 0.625, 1.0),
            ("PROCESSED", 2, 0.25, 0.4),
            ("CONVERTED", 2, 0.25, 1.0),
        ]


@bitrix24
class TestBitrix24MovedByRest:
    """The same two leads as an application leaves them that moved them by REST: in the stage, with
    no target (L10)."""

    def leads(self):
        return [of_lead(row | {"CONTACT_ID": "0"}) for row in listed()]

    def moves(self):
        return [
            Visit(row["ID"], row["STATUS_ID"], datetime.fromisoformat(row["MOVED_TIME"]))
            for row in listed()
        ]

    def test_they_load_and_count_as_unrecorded(self):
        (count,) = conversions(self.leads(), BITRIX24_STAGES)
        assert (count.converted, count.unrecorded, count.rate) == (2, 2, 1.0)
        assert (count.timed, count.mean_lifetime) == (0, None)

    def test_the_moves_say_how_long_they_lived(self):
        (count,) = conversions(self.leads(), BITRIX24_STAGES, visits=self.moves())
        assert (count.timed, count.mean_lifetime, count.median_lifetime) == (2, BETWEEN, BETWEEN)
        for one, lived in zip(self.leads(), LIVED, strict=True):
            visit = [move for move in self.moves() if move.lead == one.id]
            assert conversions([one], BITRIX24_STAGES, visits=visit)[0].mean_lifetime == lived

    def test_they_imply_the_stages_before(self):
        assert [step.leads for step in funnel(self.leads(), self.moves(), BITRIX24_STAGES)] == [
            0,
            0,
            0,
            2,
        ]
        assert [step.leads for step in funnel(self.leads(), (), BITRIX24_STAGES, "implied")] == [
            2,
            2,
            2,
            2,
        ]


@bitrix24
class TestBitrix24StageHistory:
    """The sample is one row: item 21 came into NEW."""

    def test_it_is_a_visit(self):
        at = datetime(2024, 4, 25, 14, 59, 11, tzinfo=timezone.utc)
        assert stage_history() == [Visit(21, "NEW", at)]

    def test_it_is_of_none_of_these_leads_and_that_is_said(self):
        with pytest.raises(InvalidError) as caught:
            funnel(all_leads(), stage_history(), BITRIX24_STAGES)
        assert caught.value == InvalidError("visits[0].lead", 21, "one of the leads given", "L9")

    def test_the_ids_of_the_classic_methods_are_texts_and_its_own_are_numbers(self):
        with pytest.raises(InvalidError, match="visits"):
            funnel([Lead(id="21")], stage_history(), BITRIX24_STAGES)
        steps = funnel([Lead(id=21, status="PROCESSED")], stage_history(), BITRIX24_STAGES)
        assert numbers(steps, "stage", "leads") == [
            ("NEW", 1),
            ("IN_PROCESS", 0),
            ("PROCESSED", 1),
            ("CONVERTED", 0),
        ]


# ---- Salesforce ----

#: The statuses of the file. Salesforce lets an account name them as it likes.
SALESFORCE_STAGES = StageBook(
    [
        Stage("Open - Not Contacted"),
        Stage("Working - Contacted"),
        Stage("Closed - Converted", SUCCESS),
        Stage("Closed - Not Converted", FAILURE),
    ]
)
MINUTE = "%m/%d/%y %I:%M %p"


def table(name):
    with (SALESFORCE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def of_row(row):
    """Read a lead.

    The last change of a converted one is its conversion; its zone is unknown, and is UTC here.
    """
    id_ = row["Id"]
    conversion = None
    if row["IsConverted"] == "TRUE":
        conversion = ConversionRecord(
            id=f"lead {id_}",
            lead=id_,
            at=datetime.strptime(row["LastModifiedDate"], MINUTE).replace(tzinfo=timezone.utc),
            person=row["ConvertedContactId"],
            company=row["ConvertedAccountId"],
            deal=row["ConvertedOpportunityId"],
        )
    return Lead(
        id=id_,
        first_name=row["FirstName"],
        last_name=row["LastName"],
        organization_name=row["Company"],
        source=row["LeadSource"],
        status=row["Status"],
        owner=row["OwnerId"],
        conversion=conversion,
    )


def exported():
    return [of_row(row) for row in table("Lead")]


def last_saved():
    return [
        LeadSaved(
            datetime.strptime(row["LastModifiedDate"], MINUTE).replace(tzinfo=timezone.utc),
            of_row(row),
        )
        for row in table("Lead")
    ]


@salesforce
class TestSalesforceExport:
    """22 leads of one owner: 2 open, 9 worked on, 8 that say converted, 3 closed for nothing."""

    def test_five_were_converted_into_records_that_exist(self):
        ids = {
            name: {row["Id"] for row in table(name)}
            for name in ("Account", "Contact", "Opportunity")
        }
        records = {one.last_name: one.conversion for one in exported() if one.conversion}
        assert sorted(records) == ["Bair", "Boxer", "Dadio Jr", "Glimpse", "Mcclure"]
        for record in records.values():
            assert record.company in ids["Account"]
            assert record.person in ids["Contact"]
            assert record.deal in ids["Opportunity"]
            assert record.at.date() == datetime(2026, 2, 24, tzinfo=timezone.utc).date()

    def test_stages(self):
        assert stage_counts(exported(), SALESFORCE_STAGES) == (
            StageCount("Open - Not Contacted", "Open - Not Contacted", OPEN, 2, 2 / 22),
            StageCount("Working - Contacted", "Working - Contacted", OPEN, 9, 9 / 22),
            StageCount("Closed - Converted", "Closed - Converted", SUCCESS, 8, 8 / 22),
            StageCount("Closed - Not Converted", "Closed - Not Converted", FAILURE, 3, 3 / 22),
        )

    def test_three_say_converted_and_are_not(self):
        assert conversions(exported(), SALESFORCE_STAGES) == (
            # The file has no time of creation, so nobody's lifetime is known.
            ConversionCount(None, 22, 11, 8, 3, 3, 0, 8 / 22, 0, 0, None, None),
        )
        unrecorded = [
            one.last_name
            for one in exported()
            if one.status == "Closed - Converted" and not one.conversion
        ]
        assert unrecorded == ["Stumuller", "Young", "Rogers"]

    def test_by_source(self):
        counts = conversions(exported(), SALESFORCE_STAGES, "source")
        assert numbers(
            counts,
            "group",
            "leads",
            "open",
            "converted",
            "unrecorded",
            "junk",
            "rate",
        ) == [
            ("Purchased List", 7, 4, 2, 1, 1, 2 / 7),
            ("Web", 7, 3, 4, 1, 0, 4 / 7),
            ("Partner Referral", 4, 3, 0, 0, 1, 0.0),
            ("Phone Inquiry", 4, 1, 2, 1, 1, 0.5),
        ]

    def test_by_owner_there_is_one(self):
        assert numbers(conversions(exported(), SALESFORCE_STAGES, "owner"), "group", "leads") == [
            ("005bm00000NCJmQAAX", 22)
        ]

    def test_the_file_has_no_reasons(self):
        assert junk_reasons(exported(), SALESFORCE_STAGES) == (
            JunkReason("Closed - Not Converted", "Closed - Not Converted", "", 3, 1.0),
        )

    def test_each_lead_was_saved_once_so_it_visited_one_stage(self):
        found = list(visits(last_saved(), SALESFORCE_STAGES))
        assert (len(found), latest(last_saved())) == (22, tuple(exported()))
        assert funnel(exported(), found, SALESFORCE_STAGES) == (
            FunnelStep("Open - Not Contacted", "Open - Not Contacted", OPEN, 2, 2 / 22, None),
            FunnelStep("Working - Contacted", "Working - Contacted", OPEN, 9, 9 / 22, 4.5),
            FunnelStep("Closed - Converted", "Closed - Converted", SUCCESS, 8, 8 / 22, 8 / 9),
        )

    def test_the_eight_imply_what_they_passed(self):
        steps = funnel(
            exported(), visits(last_saved(), SALESFORCE_STAGES), SALESFORCE_STAGES, "implied"
        )
        assert numbers(steps, "leads", "of_before") == [(10, None), (17, 1.7), (8, 8 / 17)]

    def test_created_with_the_org_the_five_lived_five_hours(self):
        # The leads that nobody touched were last changed on 02/23/26 at 08:55 PM, when the org was
        # made.
        made = datetime(2026, 2, 23, 20, 55, tzinfo=timezone.utc)
        (count,) = conversions(
            [attrs.evolve(one, created_at=made) for one in exported()], SALESFORCE_STAGES
        )
        # 02:15, 02:18, 02:18, 02:19 and 02:19 AM: 320, 323, 323, 324 and 324 minutes.
        assert (count.timed, count.median_lifetime) == (5, timedelta(minutes=323))
        assert count.mean_lifetime == timedelta(minutes=322, seconds=48)

    def test_as_rows(self):
        assert rows(stage_counts(exported(), SALESFORCE_STAGES))[2] == {
            "stage": "Closed - Converted",
            "name": "Closed - Converted",
            "meaning": "success",
            "leads": 8,
            "share": 8 / 22,
        }
