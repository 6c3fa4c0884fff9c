"""Who may convert a lead, and into what: the default of three, and roles with widths."""

import copy
import pickle
from itertools import combinations_with_replacement, pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesstatus import InvalidError, Lead, Target
from salesstatus.leads import AdderRights, Organisation, Role, RoleRights, Width
from salesstatus.leads.rights import check_rights

NONE, OWN, DEPARTMENT, DEPARTMENT_AND_BELOW, OPEN, ALL = Width
#: top is above mid, mid above low and next; side stands alone. ann works nowhere.
PLACES = {"boss": "top", "sam": "mid", "kim": "mid", "jo": "low", "flo": "next", "pat": "side"}
ABOVE = {"mid": "top", "low": "mid", "next": "mid"}
ORGANISATION = Organisation(departments=PLACES, above=ABOVE)
USERS = [*PLACES, "ann"]


def is_below(department, other):
    """Whether a department is under another one."""
    return department in ABOVE and (
        ABOVE[department] == other or is_below(ABOVE[department], other)
    )


def reaches(width, actor, lead):
    """Each width once more from its name, and that it holds all before it."""
    work = PLACES.get(actor), PLACES.get(lead.owner)
    if width is NONE:
        return False
    if width is OWN:
        return actor == lead.owner
    if width is DEPARTMENT:
        return reaches(OWN, actor, lead) or (None not in work and work[0] == work[1])
    if width is DEPARTMENT_AND_BELOW:
        return reaches(DEPARTMENT, actor, lead) or (None not in work and is_below(work[1], work[0]))
    if width is OPEN:
        return reaches(DEPARTMENT_AND_BELOW, actor, lead) or lead.open_to_all
    return True


CASES = [
    (actor, Lead(id=1, owner=owner, open_to_all=open_to_all, created_by="sam"))
    for actor, owner, open_to_all in product(USERS, [*USERS, "", "nobody"], [True, False])
]
roles = st.builds(Role, st.sampled_from(Width), st.frozensets(st.sampled_from(Target)))
cases = st.sampled_from(CASES)


def rights_of(*given_roles, actor):
    return RoleRights(roles={actor: given_roles}, organisation=ORGANISATION)


class TestL5ByDefault:
    """By default, who added the lead, that person's supervisor, and an administrator may convert
    it, and nobody else."""

    RIGHTS = AdderRights(
        supervisors={"sam": "kim", "kim": "boss", "pat": "sam"}, administrators=["root", "admin"]
    )

    @pytest.mark.parametrize(
        ("adder", "may"),
        [
            ("sam", {"sam", "kim", "root", "admin"}),
            ("kim", {"kim", "boss", "root", "admin"}),
            ("boss", {"boss", "root", "admin"}),
            ("root", {"root", "admin"}),
            ("", {"root", "admin"}),
        ],
    )
    def test_exactly_these_may(self, adder, may):
        lead = Lead(id=1, created_by=adder, owner="jo", open_to_all=True)
        users = [*USERS, "root", "admin", "nobody", ""]
        assert {user for user in users if self.RIGHTS.may_convert(user, lead)} == may

    def test_with_nobody_named_it_is_the_adder_alone(self):
        lead = Lead(id=1, created_by="sam")
        assert [user for user in [*USERS, ""] if AdderRights().may_convert(user, lead)] == ["sam"]

    def test_nobody_is_nobodys_supervisor(self):
        assert not AdderRights().may_convert(None, Lead(id=1, created_by="sam"))

    @pytest.mark.parametrize("target", Target)
    def test_everybody_may_create(self, target):
        assert self.RIGHTS.may_create("nobody", target) is True


class TestL5ByRoles:
    """A role says how wide the right to convert reaches: nothing, own, department, and below,
    everyone's, all."""

    @pytest.mark.parametrize("width", Width)
    def test_each_width_reaches_as_far_as_it_says(self, width):
        for actor, lead in CASES:
            assert rights_of(Role(width), actor=actor).may_convert(actor, lead) is reaches(
                width, actor, lead
            )

    def test_the_widths_differ_from_each_other(self):
        reached = [{i for i, case in enumerate(CASES) if reaches(width, *case)} for width in Width]
        assert all(narrow < wide for narrow, wide in pairwise(reached))

    def test_a_wider_role_never_loses_a_lead(self):
        for (narrow, wide), (actor, lead) in product(
            combinations_with_replacement(Width, 2), CASES
        ):
            if rights_of(Role(narrow), actor=actor).may_convert(actor, lead):
                assert rights_of(Role(wide), actor=actor).may_convert(actor, lead)

    @given(st.lists(roles, max_size=4), cases)
    def test_of_several_roles_the_widest_counts_for_each_right_by_itself(self, given_roles, case):
        actor, lead = case
        rights = rights_of(*given_roles, actor=actor)
        assert rights.may_convert(actor, lead) is any(
            reaches(role.convert, actor, lead) for role in given_roles
        )
        for target in Target:
            assert rights.may_create(actor, target) is any(
                target in role.create for role in given_roles
            )

    @given(st.lists(roles, max_size=4), roles, cases)
    def test_another_role_takes_nothing_away(self, given_roles, more, case):
        actor, lead = case
        before, after = (
            rights_of(*given_roles, actor=actor),
            rights_of(*given_roles, more, actor=actor),
        )
        assert before.may_convert(actor, lead) <= after.may_convert(actor, lead)
        assert all(
            before.may_create(actor, target) <= after.may_create(actor, target) for target in Target
        )

    def test_who_has_no_role_may_nothing(self):
        rights = rights_of(Role(ALL), actor="sam")
        for _, lead in CASES:
            assert not rights.may_convert("kim", lead)
        assert not any(rights.may_create("kim", target) for target in Target)

    def test_a_lead_of_nobody_is_nobodys_own(self):
        assert not rights_of(Role(DEPARTMENT_AND_BELOW), actor="").may_convert("", Lead(id=1))

    def test_without_an_organisation_there_are_no_departments(self):
        rights = RoleRights(roles={"boss": [Role(DEPARTMENT_AND_BELOW)]})
        assert rights.may_convert("boss", Lead(id=1, owner="boss"))
        assert not rights.may_convert("boss", Lead(id=1, owner="sam"))


class TestL6:
    """A target that the actor may not create is not offered; the others are."""

    @given(st.frozensets(st.sampled_from(Target)))
    def test_a_role_creates_what_it_names(self, create):
        rights = rights_of(Role(OWN, create), actor="sam")
        assert {target for target in Target if rights.may_create("sam", target)} == create

    def test_unless_it_says_otherwise_a_role_creates_everything(self):
        assert Role(OWN).create == frozenset(Target)


class TestOrganisation:
    """Departments stand above each other without a circle."""

    @pytest.mark.parametrize(
        "above",
        [
            {"a": "a"},
            {"a": "b", "b": "a"},
            {"x": "y", "a": "b", "b": "c", "c": "a"},
            {"x": "a", "a": "a"},
        ],
    )
    def test_a_circle_is_refused(self, above):
        with pytest.raises(
            InvalidError, match=r"^Organisation\.above: expected departments without a circle"
        ) as caught:
            Organisation(above=above)
        assert caught.value.value in above
        assert caught.value.rule == "L5"

    def test_it_yields_a_department_and_all_above_it(self):
        assert list(ORGANISATION.over("low")) == ["low", "mid", "top"]
        assert list(ORGANISATION.over("top")) == ["top"]
        assert list(ORGANISATION.over("elsewhere")) == ["elsewhere"]

    def test_however_many_there_are(self):
        chain = {str(i): str(i + 1) for i in range(300)}
        assert len(list(Organisation(above=chain).over("0"))) == 301


class TestValues:
    """Rights are values, and what makes none is refused by name."""

    @pytest.mark.parametrize(
        "value",
        [
            TestL5ByDefault.RIGHTS,
            ORGANISATION,
            Role(OWN),
            rights_of(Role(OPEN, [Target.DEAL]), actor="sam"),
        ],
    )
    def test_they_copy_pickle_and_hash(self, value):
        for twin in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
            assert twin == value
            assert hash(twin) == hash(value)
        with pytest.raises(AttributeError):
            value.note = 1

    def test_they_keep_what_they_were_made_of(self):
        places, given_roles = {"sam": "mid"}, {"sam": [Role(OWN)]}
        rights = RoleRights(roles=given_roles, organisation=Organisation(departments=places))
        given_roles["sam"].append(Role(ALL))
        places["kim"] = "mid"
        assert rights == RoleRights(
            roles={"sam": [Role(OWN)]}, organisation=Organisation(departments={"sam": "mid"})
        )

    def test_the_widths_are_ordered(self):
        assert NONE < OWN < DEPARTMENT < DEPARTMENT_AND_BELOW < OPEN < ALL
        assert [*Width] == sorted(Width)

    @pytest.mark.parametrize(
        ("make", "place", "value"),
        [
            (lambda: AdderRights(administrators="root"), "AdderRights.administrators", "root"),
            (lambda: AdderRights(administrators=b"root"), "AdderRights.administrators", b"root"),
            (lambda: Organisation(departments=5), "Organisation.departments", 5),
            (lambda: Organisation(above=["mid"]), "Organisation.above", ["mid"]),
            (lambda: Role(OWN, ["deal"]), "Role.create", "deal"),
            (lambda: Role(OWN, 5), "Role.create", 5),
            (lambda: AdderRights(administrators=5), "AdderRights.administrators", 5),
            (lambda: AdderRights(administrators=[5]), "AdderRights.administrators", 5),
            (lambda: AdderRights(supervisors=5), "AdderRights.supervisors", 5),
            (lambda: AdderRights(supervisors={"sam": 5}), "AdderRights.supervisors", {"sam": 5}),
            (lambda: RoleRights(roles={"sam": Role(OWN)}), "RoleRights.roles", Role(OWN)),
            (lambda: check_rights("rights", "admin"), "rights", "admin"),
            (lambda: check_rights("rights", Width), "rights", Width),
            (lambda: RoleRights(roles=[Role(OWN)]), "RoleRights.roles", [Role(OWN)]),
            (lambda: RoleRights(roles={"sam": ["admin"]}), "RoleRights.roles", "admin"),
        ],
    )
    def test_what_is_none_is_refused(self, make, place, value):
        with pytest.raises(InvalidError) as caught:
            make()
        assert (caught.value.place, caught.value.value) == (place, value)
        assert caught.value.rule in ("L5", "L6")

    @pytest.mark.parametrize("rights", [None, AdderRights(), RoleRights(roles={})], ids=str)
    def test_anything_that_can_be_asked_is_rights_and_so_is_none(self, rights):
        assert check_rights("rights", rights) is None

    @pytest.mark.parametrize("width", ["own", 7, None, 1, True])
    def test_a_role_has_one_of_the_widths(self, width):
        with pytest.raises(InvalidError, match=r"^Role\.convert: expected Width, got "):
            Role(width)

    def test_rights_by_roles_are_of_an_organisation(self):
        with pytest.raises(
            InvalidError, match=r"^RoleRights\.organisation: expected Organisation, got None"
        ):
            RoleRights(roles={}, organisation=None)
