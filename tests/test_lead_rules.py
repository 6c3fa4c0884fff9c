"""Stage books, and the tables of leads: complete, without contradiction, and none of their words
could be another.

Every row of table L is taken out, bent and exchanged with the others; each such mutant must be
refused or differ from the oracle. The inheritance table is compared with one typed by hand from
rules K1 to K10."""

import ast
import copy
import pickle
import re
from itertools import combinations
from pathlib import Path
from string import Formatter

import attrs
import pytest

import lead_oracle
import salesstatus
from lead_oracle import BOOKS, statuses_of
from oracle import Refused
from salesstatus import Contact, Deal, InvalidError, Lead, StageBook, Target
from salesstatus.lead import LEAD_EVENTS
from salesstatus.leads import (
    BITRIX24_STAGES,
    INHERITANCE,
    SELL_STAGES,
    LeadJunked,
    LeadMoved,
    LeadReopened,
    LeadTakenUp,
    Stage,
    StageMeaning,
    refusal,
    stages,
    transition,
    with_stages,
)
from salesstatus.leads.inheritance import inherited
from salesstatus.leads.rules import DERIVED, LEAD_TABLE, How
from salesstatus.rules import Effect
from salesstatus.statements import LEAD_STATEMENTS, SOURCES, STATEMENTS, Sure

IN_PROCESS, SUCCESS, FAILURE = StageMeaning
PERSON, COMPANY, DEAL = Target
CHANGES, NOTHING, REFUSED = Effect


class TestStageBook:
    """Stages are configured: those in process, then exactly one of success, then those of failure
    (rule L1)."""

    @pytest.mark.parametrize(
        ("stages", "value", "expected"),
        [
            ([], [], "at least one stage in process"),
            ([Stage("b", SUCCESS), Stage("c", FAILURE)], [], "at least one stage in process"),
            ([Stage("a"), Stage("c", FAILURE)], [], "exactly one stage of success"),
            (
                [Stage("a"), Stage("b", SUCCESS), Stage("x", SUCCESS)],
                ["b", "x"],
                "exactly one stage of success",
            ),
            ([Stage("a"), Stage("b", SUCCESS)], [], "at least one stage of failure"),
            ([Stage("a"), Stage("a"), Stage("b", SUCCESS)], "a", "each stage once"),
            ([Stage("b", SUCCESS), Stage("a"), Stage("c", FAILURE)], ["b", "a", "c"], None),
            ([Stage("a"), Stage("c", FAILURE), Stage("b", SUCCESS)], ["a", "c", "b"], None),
            (
                [Stage("a"), Stage("b", SUCCESS), Stage("c", FAILURE), Stage("d")],
                ["a", "b", "c", "d"],
                None,
            ),
            (["NEW"], "NEW", "a Stage"),
            ("NEW", "NEW", "a list of Stage"),
            (b"NEW", b"NEW", "a list of Stage"),
            (None, None, "a list of Stage"),
        ],
    )
    def test_what_is_no_book_is_refused_with_the_stages_that_are_wrong(
        self, stages, value, expected
    ):
        with pytest.raises(InvalidError) as caught:
            StageBook(stages)
        error = caught.value
        assert (error.place, error.value, error.rule) == ("StageBook.stages", value, "L1")
        assert error.expected == (expected or "the stages in process, then success, then failure")

    @pytest.mark.parametrize(
        ("make", "place", "value"),
        [
            *((lambda id_=id_: Stage(id_), "Stage.id", id_) for id_ in ("", "  ", None, 1, b"NEW")),
            (lambda: Stage("a", "process"), "Stage.meaning", "process"),
            (lambda: Stage("a", IN_PROCESS, None), "Stage.name", None),
            (lambda: StageBook(SELL_STAGES.stages, 1), "StageBook.free", 1),
        ],
    )
    def test_what_is_no_part_of_one_is_refused_by_field(self, make, place, value):
        with pytest.raises(InvalidError) as caught:
            make()
        assert (caught.value.place, caught.value.value) == (place, value)
        assert caught.value.rule == ("L1" if place == "Stage.id" else "")

    def test_the_books_ready_made_are_these(self):
        assert [(stage.id, stage.meaning.value) for stage in BITRIX24_STAGES.stages] == [
            ("NEW", "process"),
            ("IN_PROCESS", "process"),
            ("PROCESSED", "process"),
            ("CONVERTED", "success"),
            ("JUNK", "failure"),
        ]
        assert [stage.id for stage in SELL_STAGES.stages] == [
            "New",
            "Working",
            "Converted",
            "Unqualified",
        ]
        assert (SELL_STAGES.free, BITRIX24_STAGES.free) == (True, False)

    @pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
    def test_a_book_tells_its_stages_by_meaning(self, book):
        assert tuple(stage for meaning in StageMeaning for stage in book.of(meaning)) == tuple(
            statuses_of(book)[1:-1]
        )
        assert (book.first,) == book.of(IN_PROCESS)[:1]
        assert (book.success,) == book.of(SUCCESS)
        assert book.meaning("") is book.meaning(book.first) is IN_PROCESS
        assert book.meaning("elsewhere") is (IN_PROCESS if book.free else None)
        assert all(book.meaning(stage.id) is stage.meaning for stage in book.stages)

    def test_books_and_stages_are_values(self):
        for book in BOOKS.values():
            twins = [
                pickle.loads(pickle.dumps(book)),
                copy.deepcopy(book),
                attrs.evolve(book),
                StageBook(book.stages),
            ]
            assert twins[:3] == [book] * 3
            assert {hash(twin) for twin in twins[:3]} == {hash(book)}
            assert (twins[3] == book) is not book.free
            assert all(twin.meaning("b") is book.meaning("b") for twin in twins[:3])
            with pytest.raises(AttributeError):
                book.free = True
        assert StageBook(iter(BOOKS["minimal"].stages)) == BOOKS["minimal"]
        assert attrs.evolve(BOOKS["minimal"], free=True).meaning("elsewhere") is IN_PROCESS


class TestStagesRecognised:
    """L11: a stage is recognised in any case and by its labels; what no stage has is no stage."""

    @pytest.mark.parametrize(
        ("book", "status", "id_"),
        [
            (SELL_STAGES, "Working", "Working"),
            (SELL_STAGES, "WORKING", "Working"),
            (SELL_STAGES, " working ", "Working"),
            (SELL_STAGES, "", "New"),
            (SELL_STAGES, "  ", "New"),
            (SELL_STAGES, "konvertiert", "Converted"),
            (SELL_STAGES, "NON QUALIFIE", "Unqualified"),
            (SELL_STAGES, "não-qualificado", "Unqualified"),
            (SELL_STAGES, "対応中", "Working"),
            (SELL_STAGES, "closed converted", "Converted"),
            (SELL_STAGES, "Closed - Not Converted", "Unqualified"),
            (SELL_STAGES, "Nurturing", None),
            (SELL_STAGES, "New lead", None),
            (SELL_STAGES, "-", None),
            (BITRIX24_STAGES, "in_process", "IN_PROCESS"),
            (BITRIX24_STAGES, "In process", "IN_PROCESS"),
            (BITRIX24_STAGES, "low-quality lead", "JUNK"),
            (BITRIX24_STAGES, "défectueux", "JUNK"),
            (BITRIX24_STAGES, "Konvertiert", "CONVERTED"),
            (BITRIX24_STAGES, "Working", None),
        ],
    )
    def test_a_status(self, book, status, id_):
        found = book.find(status)
        assert (found and found.id) == id_
        assert book.id_of(status) == (id_ or status)
        unknown = IN_PROCESS if book.free else None
        assert book.meaning(status) is (found.meaning if found else unknown)
        assert book.stage_of(Lead(id=1, status=status)) == (id_ or status)

    @pytest.mark.parametrize("book", [SELL_STAGES, BITRIX24_STAGES])
    def test_every_text_of_a_stage_means_it_in_every_case(self, book):
        for stage in book.stages:
            for text in stage.texts:
                for written in (text, text.upper(), text.lower(), f" {text} ", text.title()):
                    assert book.find(written) is stage

    def test_what_could_mean_two_stages_means_none_but_as_it_is_written(self):
        book = StageBook(
            [
                Stage("new", name="b"),
                Stage("NEW"),
                Stage("A", SUCCESS),
                Stage("z", FAILURE, "a", ["b"]),
            ]
        )
        assert (book.find("new").name, book.find("NEW").name) == ("b", "")
        assert book.find("New") is None
        assert book.id_of("a") == "A"  # an id counts before a name
        assert book.id_of("B") == "new"  # and a name before a label

    def test_labels_are_texts(self):
        for wrong in ("Neu", None, [1]):
            with pytest.raises(InvalidError) as caught:
                Stage("New", labels=wrong)
            assert caught.value.place == "Stage.labels"

    def test_an_event_goes_to_the_stage_that_is_meant(self):
        lead = Lead(id=1, status="NEUE")
        assert refusal(lead, LeadMoved("in bearbeitung"), SELL_STAGES) is None
        assert transition(lead, LeadMoved("IN BEARBEITUNG")).status == "Working"
        assert transition(lead, LeadJunked(stage="unqualifiziert")).status == "Unqualified"
        assert transition(Lead(id=1, status="neu"), LeadTakenUp()).status == "Working"
        junk = Lead(id=1, status="UNQUALIFIED")
        assert transition(junk, LeadReopened(stage="working")).status == "Working"
        assert transition(junk, LeadReopened()).status == "New"
        assert refusal(lead, LeadMoved("konvertiert")).rules == ("L2",)


class TestWithStages:
    """What a caller says of stages counts before what the book says."""

    def test_a_further_stage_of_each_meaning(self):
        said = {"Nurturing": "open", "Spam": "lost", "Bad": "unqualified"}
        book = with_stages(BITRIX24_STAGES, {**said, "Closed": "won", "Won": "won"})
        assert book.of(IN_PROCESS) == ("NEW", "IN_PROCESS", "PROCESSED", "Nurturing")
        assert book.of(FAILURE) == ("JUNK", "Spam", "Bad")
        assert book.success == "Won"
        for text in ("CONVERTED", "closed", "High-quality lead", "konvertiert"):
            assert book.id_of(text) == "Won"
        assert (book.free, book.meaning("Elsewhere")) == (False, None)

    def test_a_stage_that_it_has_gets_the_name_that_is_said(self):
        book = with_stages(SELL_STAGES, {"Closed - Converted": "won", "NEU": "open"})
        assert (book.first, book.success) == ("NEU", "Closed - Converted")
        assert [book.id_of(text) for text in ("new", "Konvertiert")] == ["NEU", book.success]
        assert len(book.stages) == len(SELL_STAGES.stages)
        assert with_stages(SELL_STAGES, {}) == SELL_STAGES

    def test_a_stage_may_mean_something_else_than_the_book_says(self):
        book = with_stages(SELL_STAGES, {"Working": "lost"})
        assert (book.of(IN_PROCESS), book.of(FAILURE)) == (("New",), ("Unqualified", "Working"))
        book = with_stages(SELL_STAGES, {"Disqualified": "open"})
        assert book.meaning("disqualified") is IN_PROCESS
        assert book.meaning("Unqualified") is FAILURE

    def test_a_status_may_be_a_stage_of_the_book(self):
        book = with_stages(BITRIX24_STAGES, {"Fresh": "new", "Qualified": "high-quality lead"})
        assert [book.id_of(text) for text in ("FRESH", "qualified")] == ["NEW", "CONVERTED"]
        assert [stage.id for stage in book.stages] == [stage.id for stage in BITRIX24_STAGES.stages]

    def test_it_must_stay_a_book(self):
        with pytest.raises(InvalidError, match=r"exactly one stage of success, got \[\] \(L1\)"):
            with_stages(SELL_STAGES, {"Converted": "lost"})
        for wrong in ([("a", "won")], {"a": "gained"}, {"a": StageMeaning.SUCCESS}, {"a": 1}):
            with pytest.raises(InvalidError) as caught:
                with_stages(SELL_STAGES, wrong)
            assert (caught.value.place, caught.value.rule) == ("stages", "L11")


# Table L


def bent(row):
    """Every way to change one field of a row a little: the change in words, and the row changed."""
    domains = {"events": LEAD_EVENTS, "now": (*StageMeaning, None), "to": (*StageMeaning, None)}
    for field, members in domains.items():
        for member in members:
            yield (
                f"{field} ^ {getattr(member, 'name', member)}",
                attrs.evolve(row, **{field: getattr(row, field) ^ {member}}),
            )
    for effect in Effect:
        if effect is not row.effect:
            yield f"effect {effect.value}", attrs.evolve(row, effect=effect)
    yield "for_now", attrs.evolve(row, for_now=not row.for_now)


def all_mutants():
    for i, row in enumerate(LEAD_TABLE):
        yield f"row {i} deleted", (*LEAD_TABLE[:i], *LEAD_TABLE[i + 1 :])
        for words, changed in bent(row):
            yield f"row {i} {words}", (*LEAD_TABLE[:i], changed, *LEAD_TABLE[i + 1 :])
    for i, j in combinations(range(len(LEAD_TABLE)), 2):
        one, two = LEAD_TABLE[i], LEAD_TABLE[j]
        for field in ("id", "effect", "requires", "events", "now", "to", "for_now"):
            if getattr(one, field) != getattr(two, field):
                rows = list(LEAD_TABLE)
                rows[i] = attrs.evolve(one, **{field: getattr(two, field)})
                rows[j] = attrs.evolve(two, **{field: getattr(one, field)})
                yield f"rows {i} and {j} exchange {field}", tuple(rows)


MUTANTS = dict(all_mutants())
ACCEPTING = [i for i, row in enumerate(LEAD_TABLE) if row.effect is CHANGES]
#: Mutants that say the same in other words: whether anything changes is seen by comparing, and what
#: is accepted names no stage.
EQUIVALENT = {f"row {i} {words}" for i in ACCEPTING for words in ("effect nothing", "for_now")}


def survives(table, monkeypatch):
    """Whether this table cannot be told from the right one by anything it does."""
    try:
        monkeypatch.setattr(stages, "_ROWS", stages._written_out(table))
    except InvalidError as error:
        assert error.place.startswith("LEAD_TABLE[")
        return False
    for name, book in BOOKS.items():
        for lead, event, expected in lead_oracle.world(name):
            error = stages.refusal(lead, event, book)
            if (error is not None) is not isinstance(expected, Refused):
                return False
            if error is not None:
                (broken,) = error.broken
                rule, status, required = expected
                if (broken.rule, broken.value) != (rule, status) or required not in broken.requires:
                    return False
    return True


class TestTableL:
    """No row can be taken out, bent or exchanged without a difference."""

    def test_as_it_is_it_equals_the_oracle(self, monkeypatch):
        assert survives(LEAD_TABLE, monkeypatch)
        assert len({id(table) for table in MUTANTS.values()}) == len(MUTANTS) > 200
        assert LEAD_TABLE not in MUTANTS.values()

    @pytest.mark.usefixtures("untraced")
    @pytest.mark.parametrize("mutant", [mutant for mutant in MUTANTS if mutant not in EQUIVALENT])
    def test_each_mutant_is_refused_or_differs_from_the_oracle(self, mutant, monkeypatch):
        assert not survives(MUTANTS[mutant], monkeypatch)

    @pytest.mark.usefixtures("untraced")
    @pytest.mark.parametrize("mutant", sorted(EQUIVALENT))
    def test_those_listed_as_equivalent_are(self, mutant, monkeypatch):
        assert survives(MUTANTS[mutant], monkeypatch)

    @pytest.mark.parametrize("row", LEAD_TABLE, ids=lambda row: row.reason)
    def test_a_missing_row_and_a_row_twice_are_refused_where_they_are_missed(self, row):
        for table, found in (
            ([other for other in LEAD_TABLE if other is not row], []),
            ([*LEAD_TABLE, row], [row.id] * 2),
        ):
            with pytest.raises(InvalidError) as caught:
                stages._written_out(tuple(table))
            assert caught.value.value == found
            assert any(
                f"LEAD_TABLE[{event.__name__}, " in caught.value.place for event in row.events
            )

    @pytest.mark.parametrize("row", LEAD_TABLE, ids=lambda row: row.reason)
    def test_a_refusal_says_what_it_requires_and_nothing_else_does(self, row):
        assert bool(row.requires) is (row.effect is REFUSED)


# The inheritance table

#: What a field of a lead becomes: in the person, in the company, in the deal. By hand, from rules
#: K1 to K10.
BECOMES = {
    # K1: a person name makes a person contact, a company name makes a company contact.
    "first_name": ("first_name", "", ""),
    "last_name": ("last_name", "", ""),
    "organization_name": ("", "name", ""),
    # K5: the person inherits mobile, work phone, e-mail, fax, Twitter/X, Facebook, Skype, LinkedIn,
    # description …
    "mobile": ("mobile", "", ""),
    "phone": ("phone", "", ""),
    "email": ("email", "", ""),
    "phones": ("phones", "", ""),
    "emails": ("emails", "", ""),
    "fax": ("fax", "", ""),
    "twitter": ("twitter", "", ""),
    "facebook": ("facebook", "", ""),
    "skype": ("skype", "", ""),
    "linkedin": ("linkedin", "", ""),
    "description": ("description", "", ""),
    # K4 and K5: … and, like the company, industry, website, address and tags; K6: tags also go to
    # the new deal.
    "industry": ("industry", "industry", ""),
    "website": ("website", "website", ""),
    "address": ("address", "address", ""),
    "tags": ("tags", "tags", "tags"),
    # K7: a custom field goes to each of the three by its own flag.
    "custom_fields": ("custom_fields", "custom_fields", "custom_fields"),
    # K8: the source goes to the deal, to no contact.
    "source": ("", "", "source"),
    # K9: notes go to the person, else to the company, also to the deal.
    "notes": ("notes", "notes", "notes"),
    # K2: the owner is an option of the conversion.
    "owner": ("owner", "owner", "owner"),
    # K10: not in the inherited list.
    "title": ("", "", ""),
    "status": ("", "", ""),
    "unqualified_reason": ("", "", ""),
}
#: About the lead itself.
STAYING = {"id", "conversion", "person_id", "company_id", "open_to_all", "created_by", "created_at"}
#: The rule that says so, if it is not K5 for the person, K4 for the company and K3 for the deal.
SAID_BY = {
    "organization_name": ("K1", "K1", "K3"),
    "tags": ("K5", "K4", "K6"),
    **dict.fromkeys(("title", "status", "unqualified_reason"), ("K10",) * 3),
    **{
        field: (rule,) * 3
        for field, rule in (
            ("custom_fields", "K7"),
            ("source", "K8"),
            ("notes", "K9"),
            ("owner", "K2"),
        )
    },
}
#: How it gets there, if it is not a copy.
HOW = {
    **dict.fromkeys(("tags", "emails", "phones"), How.UNITED),
    **dict.fromkeys(("title", "status", "unqualified_reason"), How.NOT_CARRIED),
    "custom_fields": How.OPTED_IN,
    "notes": How.ATTACHED,
}
COMBINATIONS = [frozenset(made) for n in (1, 2, 3) for made in combinations(Target, n)]


def rows_of(field):
    return [row for row in INHERITANCE if row.field == field]


class TestInheritance:
    """Every field of a lead goes where rules K1 to K10 say, or is said to go nowhere."""

    def test_every_field_has_its_three_rows(self):
        assert {*BECOMES} | STAYING == {*attrs.fields_dict(Lead)}
        assert [row.target for field in attrs.fields_dict(Lead) for row in rows_of(field)] == [
            *Target
        ] * len(attrs.fields_dict(Lead))
        assert len(INHERITANCE) == 3 * len(attrs.fields_dict(Lead))

    @pytest.mark.parametrize("field", BECOMES)
    def test_it_becomes_what_the_rules_say(self, field):
        rows = rows_of(field)
        assert tuple(row.into for row in rows) == BECOMES[field]
        assert tuple(row.id for row in rows) == SAID_BY.get(field, ("K5", "K4", "K3"))
        assert {row.how for row in rows if row.into} <= {HOW.get(field, How.COPIED)}
        assert {row.how for row in rows if not row.into} <= {How.NOT_CARRIED}
        assert [row.unless for row in rows] == [None, PERSON if field == "notes" else None, None]

    @pytest.mark.parametrize("field", sorted(STAYING))
    def test_what_is_about_the_lead_itself_stays(self, field):
        assert {(row.how, row.into, row.unless) for row in rows_of(field)} == {
            (How.STAYS, "", None)
        }

    def test_what_it_becomes_is_a_field_there_that_holds_such_values(self):
        for row in INHERITANCE:
            if row.into and row.how is not How.ATTACHED:
                there = attrs.fields_dict(Deal if row.target is DEAL else Contact)[row.into]
                assert there.type == attrs.fields_dict(Lead)[row.field].type

    @pytest.mark.parametrize(
        "made", COMBINATIONS, ids=lambda made: "+".join(sorted(target.value for target in made))
    )
    def test_written_out_for_the_targets_it_says_where_each_field_goes_or_why_it_is_lost(
        self, made
    ):
        found = {item.field: item for item in inherited(INHERITANCE, made)}
        assert {*found} == {*BECOMES}
        for field, into in BECOMES.items():
            expected = {
                target: name
                for target, name in zip(Target, into, strict=True)
                if name and target in made
            }
            if field == "notes" and PERSON in made:
                expected.pop(COMPANY, None)
            item = found[field]
            assert {row.target: row.into for row in item.rows} == expected
            assert item.how is HOW.get(field, How.COPIED)
            assert item.lost.says

    @pytest.mark.parametrize(
        ("made", "field", "rule", "because"),
        [
            ({PERSON}, "source", "K8", "no deal is created"),
            ({DEAL}, "organization_name", "K1", "no company is created"),
            ({COMPANY}, "email", "K5", "no person is created"),
            ({DEAL}, "website", "K5", "no person is created"),
            ({*Target}, "title", "K10", "it is not in the list of inherited fields"),
        ],
    )
    def test_what_is_lost_is_lost_by_a_rule(self, made, field, rule, because):
        (item,) = (item for item in inherited(INHERITANCE, frozenset(made)) if item.field == field)
        assert (item.rows, item.lost) == ((), (rule, because))

    def test_a_table_with_a_row_missing_doubled_invented_or_out_of_order_is_refused_by_field(self):
        everything = frozenset(Target)
        for i, row in enumerate(INHERITANCE):
            without = (*INHERITANCE[:i], *INHERITANCE[i + 1 :])
            for table in (
                without,
                (*INHERITANCE, row),
                (*without, attrs.evolve(row, field="nickname")),
            ):
                with pytest.raises(InvalidError) as caught:
                    inherited(table, everything)
                assert (caught.value.place, caught.value.value) == ("INHERITANCE", row.field)
        for table, value in (
            ((*INHERITANCE, attrs.evolve(INHERITANCE[0], field="nickname")), "nickname"),
            ((INHERITANCE[1], INHERITANCE[0], *INHERITANCE[2:]), "first_name"),
            ((), "id"),
        ):
            with pytest.raises(InvalidError) as caught:
                inherited(table, everything)
            assert (caught.value.place, caught.value.value) == ("INHERITANCE", value)


#: What looks like the id of a rule.
RULE_ID = re.compile(r"\b[ACEGKLMPQTW]\d{1,2}\b")


def quoted_rules(source):
    """The texts of a module that hold the id of a rule, with their lines; not the docstrings."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in docstrings and RULE_ID.search(text):
            yield node.lineno, text


class TestEveryRule:
    """Each rule of leads is said somewhere, with its reason and its source."""

    def test_the_ids_are_those_of_the_specification(self):
        spec = {"K": 15, "L": 11, "T": 3}
        said = {row.id for row in (*LEAD_TABLE, *INHERITANCE, *LEAD_STATEMENTS)}
        first = {f"{section}{i}" for section, n in spec.items() for i in range(1, n + 1)}
        assert said == first | {"K17"}

    def test_a_statement_is_made_once(self):
        ids = [statement.id for statement in LEAD_STATEMENTS]
        assert len(ids) == len({*ids})

    def test_each_row_gives_its_reason_and_its_source(self):
        for row in (*LEAD_TABLE, *LEAD_STATEMENTS, *INHERITANCE, *DERIVED):
            assert row.reason.strip() == row.reason != ""
            assert SOURCES[row.source]
            assert isinstance(row.sure, Sure)

    def test_no_room_of_leads_quotes_a_rule_but_those_of_rows(self):
        package = Path(salesstatus.__file__).parent
        rooms = [package / "lead.py", package / "conversion.py", *package.glob("leads/*.py")]
        assert len(rooms) > 10
        for room in rooms:
            if room.name != "rules.py":
                assert list(quoted_rules(room.read_text("utf-8"))) == [], room.name

    def test_a_rule_that_is_quoted_is_found(self):
        assert list(
            quoted_rules("""'K1 in a docstring'\nx = f(1, "K1")\ny = f"so: K12, {x}"\n""")
        ) == [
            (2, "K1"),
            (3, "so: K12, "),
        ]

    def test_each_case_says_something_under_its_rule(self):
        for statement in (*STATEMENTS, *LEAD_STATEMENTS):
            for name, says in statement.cases.items():
                words = {word: word.upper() for _, word, _, _ in Formatter().parse(says) if word}
                case = statement.case(name, **words)
                assert (case.rule, case.says) == (statement.id, says.format(**words))
                assert case.says.strip() == case.says != ""
