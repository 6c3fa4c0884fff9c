"""Who may convert a lead, and into what (rules L5, L6).

Rights are a port: anything with the two methods of `Rights`. Ready made are `AdderRights`, which is
the default of rule L5, and roles of different widths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum, unique
from typing import Any, Protocol, final

import attrs

from salesstatus.lead import Lead, Target
from salesstatus.statements import L5, L6
from salesstatus.values import BriefRepr, FrozenMap, InvalidError, is_a, list_of, place_of


class Rights(Protocol):
    """Who may do what.

    `actor` is a user, by the name that leads hold as `owner` and `created_by`.
    """

    def may_convert(self, actor: str, lead: Lead) -> bool:
        """Whether this user may convert this lead (rule L5)."""
        ...

    def may_create(self, actor: str, target: Target) -> bool:
        """Whether this user may create persons, companies, or deals (rule L6)."""
        ...


def check_rights(place: str, value: object) -> None:
    """Raise `InvalidError` unless `value` is something that can be asked, or None."""
    asked = (getattr(value, name, None) for name in ("may_convert", "may_create"))
    if value is not None and not all(map(callable, asked)):
        raise InvalidError(
            place, value, "an object with may_convert and may_create, or None", L5.id
        )


def _names_to_names(self: object, field: attrs.Attribute[Any], value: object) -> None:
    if not isinstance(value, FrozenMap) or not all(
        type(name) is str for item in value.items() for name in item
    ):
        raise InvalidError(place_of(self, field), value, "a mapping of names to names", L5.id)


def _frozen(value: Mapping[str, str]) -> Mapping[str, str]:
    # Callers without a type checker pass anything.
    return FrozenMap(value) if isinstance(value, Mapping) else value  # type: ignore[redundant-expr]


def _names(value: object) -> frozenset[str]:
    return frozenset(list_of("AdderRights.administrators", value, str, L5.id))


@final
@attrs.frozen(kw_only=True, repr=False)
class AdderRights(BriefRepr):
    """The default of rule L5: who added the lead, that user's supervisor, and administrators.

    Everybody may create. `supervisors` says who supervises whom: user → supervisor.

    >>> rights = AdderRights(supervisors={"sam": "kim"}, administrators={"root"})
    >>> lead = Lead(id=1, created_by="sam")
    >>> rights.may_convert("kim", lead), rights.may_convert("bob", lead)
    (True, False)
    """

    supervisors: Mapping[str, str] = attrs.field(
        factory=dict, converter=_frozen, validator=_names_to_names
    )
    administrators: frozenset[str] = attrs.field(default=frozenset(), converter=_names)

    def may_convert(self, actor: str, lead: Lead) -> bool:
        """Whether this user may convert this lead."""
        adder = lead.created_by
        may = (adder, self.supervisors.get(adder, adder))
        return actor in self.administrators or (adder != "" and actor in may)

    def may_create(self, actor: str, target: Target) -> bool:
        """Whether this user may create this; everybody may."""
        del actor, target
        return True


@unique
class Width(IntEnum):
    """How wide a right reaches, from nothing to everything; each holds all before it."""

    NONE = 0
    OWN = 1  #: leads that one is responsible for
    DEPARTMENT = 2  #: and those of one's department
    DEPARTMENT_AND_BELOW = 3  #: and those of the departments below it
    OPEN = 4  #: and those that are everyone's
    ALL = 5

    def __repr__(self) -> str:
        return f"Width.{self.name}"


def _targets(value: Iterable[Target]) -> frozenset[Target]:
    return frozenset(list_of("Role.create", value, Target, L6.id))


@final
@attrs.frozen(repr=False)
class Role(BriefRepr):
    """What a role allows: how wide it reaches to convert leads, and what it may create."""

    convert: Width = attrs.field(validator=is_a(Width))
    create: frozenset[Target] = attrs.field(default=frozenset(Target), converter=_targets)


@final
@attrs.frozen(kw_only=True, repr=False)
class Organisation(BriefRepr):
    """Who works where: user → department, and department → the one above it."""

    departments: Mapping[str, str] = attrs.field(
        factory=dict, converter=_frozen, validator=_names_to_names
    )
    above: Mapping[str, str] = attrs.field(
        factory=dict, converter=_frozen, validator=_names_to_names
    )

    def __attrs_post_init__(self) -> None:
        for department in self.above:
            if department in list(self.over(department))[1:]:
                expected = "departments without a circle"
                raise InvalidError("Organisation.above", department, expected, L5.id)

    def over(self, department: str) -> Iterator[str]:
        """Yield a department and all above it."""
        seen = 0
        above: str | None = department
        while above is not None and seen <= len(self.above) + 1:
            yield above
            seen += 1
            above = self.above.get(above)


def _roles(value: object) -> FrozenMap[str, tuple[Role, ...]]:
    if not isinstance(value, Mapping):
        raise InvalidError("RoleRights.roles", value, "a mapping of users to their roles", L5.id)
    return FrozenMap(
        {user: list_of("RoleRights.roles", roles, Role, L5.id) for user, roles in value.items()}
    )


@final
@attrs.frozen(kw_only=True, repr=False)
class RoleRights(BriefRepr):
    """Rights by roles: user → roles; the widest counts, for each right by itself (rule L5).

    >>> rights = RoleRights(roles={"sam": [Role(Width.OWN), Role(Width.OPEN, {Target.DEAL})]})
    >>> rights.may_convert("sam", Lead(id=1, owner="kim", open_to_all=True))
    True
    """

    roles: Mapping[str, tuple[Role, ...]] = attrs.field(converter=_roles)
    organisation: Organisation = attrs.field(factory=Organisation, validator=is_a(Organisation))

    def _width(self, actor: str) -> Width:
        return max((role.convert for role in self.roles.get(actor, ())), default=Width.NONE)

    def _reach(self, actor: str, lead: Lead) -> Width:
        """Return the narrowest width that reaches from a user to a lead."""
        if lead.owner and actor == lead.owner:
            return Width.OWN
        mine = self.organisation.departments.get(actor)
        theirs = self.organisation.departments.get(lead.owner)
        if mine is not None and theirs is not None:
            if mine == theirs:
                return Width.DEPARTMENT
            if mine in self.organisation.over(theirs):
                return Width.DEPARTMENT_AND_BELOW
        return Width.OPEN if lead.open_to_all else Width.ALL

    def may_convert(self, actor: str, lead: Lead) -> bool:
        """Whether one of this user's roles reaches this lead."""
        return self._width(actor) >= self._reach(actor, lead)

    def may_create(self, actor: str, target: Target) -> bool:
        """Whether one of this user's roles may create this."""
        return any(target in role.create for role in self.roles.get(actor, ()))
