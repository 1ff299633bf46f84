"""Who must not be missing: the ages that a day needs, twins, look-alikes, names that break forms.

These households come first; the rest of the practice is drawn freely.
"""

from dataclasses import dataclass, field

YEAR = 365.25


@dataclass(frozen=True, kw_only=True)
class FamilySpec:
    """A household with children of the given ages in days; what is None or empty is drawn."""

    child_days: tuple[int, ...] = ()
    child_sexes: tuple[str, ...] = ()
    culture: str | None = None
    kind: str | None = None
    site: str = "main"
    pregnant_days: int | None = None
    child_traits: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SoloSpec:
    """One adult (or teenager) by themselves, named."""

    given: tuple[str, ...]
    family: str
    sex: str
    age_days: int
    culture: str
    usual: str = ""
    traits: tuple[str, ...] = ()
    site: str = "main"
    homeless: bool = False
    interpreter: str | None = None
    extra: dict[str, int] = field(default_factory=dict)


def _born(years: float, days: int = 0) -> int:
    return round(years * YEAR) + days


_NEWBORNS_AND_INFANTS = (
    FamilySpec(child_days=(4, 1200), culture="somali"),
    FamilySpec(child_days=(5,), culture="mexican", kind="single-mother"),
    FamilySpec(child_days=(11,), culture="anglo", site="lakeview"),
    FamilySpec(child_days=(32, 900), culture="hmong"),
    FamilySpec(child_days=(63,), culture="black"),
    FamilySpec(child_days=(65, 1900), culture="anglo", site="lakeview"),
    FamilySpec(child_days=(124, 124), child_sexes=("female", "male"), culture="nigerian"),
    FamilySpec(child_days=(127,), culture="ukrainian", site="lakeview"),
    FamilySpec(child_days=(186, 1500), culture="vietnamese"),
    FamilySpec(child_days=(278, 278), child_sexes=("female", "female"), culture="anglo"),
    FamilySpec(child_days=(370, 1480), culture="indian"),
    FamilySpec(child_days=(373,), culture="karen"),
    FamilySpec(child_days=(459,), child_sexes=("male",), culture="nigerian"),
    FamilySpec(child_days=(462, 1700), culture="central-american", site="lakeview"),
    FamilySpec(child_days=(552,), culture="chinese"),
    FamilySpec(child_days=(735, 2300), culture="arabic"),
    FamilySpec(child_days=(918,), culture="ojibwe"),
    FamilySpec(child_days=(1100, 1830), culture="hmong"),
    FamilySpec(child_days=(_born(4, 20), _born(4, 20)), child_sexes=("male", "male"), culture="hmong"),
    FamilySpec(child_days=(_born(8, 40), _born(8, 40)), child_sexes=("female", "male"), culture="mexican"),
    FamilySpec(child_days=(_born(12, 30), _born(14, 90)), culture="anglo", child_traits=("asthma",)),
    FamilySpec(child_days=(_born(9), _born(11, 15)), culture="black", kind="grandparents"),
    FamilySpec(child_days=(_born(2, 200), _born(5, 100)), culture="mexican", kind="foster"),
    FamilySpec(child_days=(_born(7, 60),), culture="anglo", kind="foster", site="lakeview", child_traits=("adhd",)),
)

_EXPECTING = tuple(
    FamilySpec(child_days=children, culture=culture, pregnant_days=weeks * 7 + 2, site=site)
    for children, culture, weeks, site in (
        ((_born(3),), "somali", 12, "main"),
        ((_born(5), _born(8)), "mexican", 20, "main"),
        ((_born(2, 100),), "anglo", 28, "main"),
        ((_born(4),), "haitian", 36, "main"),
        ((_born(6),), "hmong", 38, "lakeview"),
        ((_born(2, 300),), "black", 24, "lakeview"),
    )
)

_LOOK_ALIKES = (
    SoloSpec(given=("Maria",), family="Garcia", sex="female", age_days=_born(42, 11), culture="mexican"),
    SoloSpec(given=("Maria",), family="Garcia", sex="female", age_days=_born(42, 13), culture="mexican"),
    SoloSpec(given=("Maria", "L."), family="Garcia", sex="female", age_days=_born(42, 41), culture="mexican"),
    SoloSpec(given=("María",), family="García", sex="female", age_days=_born(42, 384), culture="central-american"),
    SoloSpec(given=("Maria",), family="Garcia Lopez", sex="female", age_days=_born(42, 12), culture="mexican"),
    SoloSpec(given=("Mario",), family="Garcia", sex="male", age_days=_born(42, 10), culture="mexican"),
    SoloSpec(
        given=("Maria",), family="Garza", sex="female", age_days=_born(43, 11), culture="mexican", site="lakeview"
    ),
    SoloSpec(given=("Mohamed", "Ali"), family="Hassan", sex="male", age_days=_born(34, 100), culture="somali"),
    SoloSpec(given=("Mohamed", "Ali"), family="Hassan", sex="male", age_days=_born(34, 101), culture="somali"),
    SoloSpec(given=("Mohamed", "Hassan"), family="Ali", sex="male", age_days=_born(34, 130), culture="somali"),
    SoloSpec(given=("Minh", "Van"), family="Nguyen", sex="male", age_days=_born(61, 5), culture="vietnamese"),
    SoloSpec(given=("Minh",), family="Nguyen", sex="male", age_days=_born(61, 7), culture="vietnamese"),
    SoloSpec(given=("Pa",), family="Vang", sex="female", age_days=_born(29, 50), culture="hmong"),
    SoloSpec(given=("Pao",), family="Vang", sex="male", age_days=_born(29, 51), culture="hmong"),
)

_NAMES_THAT_BREAK_FORMS = (
    SoloSpec(
        given=("Venkatanarasimha", "Subrahmanya"),
        family="Lakshminarayanan Venkatasubramanian",
        sex="male",
        age_days=_born(52, 77),
        culture="indian",
        usual="Venky",
    ),
    SoloSpec(
        given=("María de los Ángeles", "Guadalupe"),
        family="Fernández de Córdoba y Villaseñor-Etcheverría",
        sex="female",
        age_days=_born(67, 20),
        culture="mexican",
        usual="Angie",
        interpreter="es",
    ),
    SoloSpec(
        given=("Oluwatobiloba", "Chukwuebuka"),
        family="Nwachukwu-Oluwagbemiga",
        sex="male",
        age_days=_born(23, 9),
        culture="nigerian",
        usual="Tobi",
    ),
    SoloSpec(given=(), family="Thiha", sex="male", age_days=_born(38, 3), culture="karen"),
    SoloSpec(given=(), family="Fatuma", sex="female", age_days=_born(71, 3), culture="somali", interpreter="so"),
    SoloSpec(given=(), family="Sundari", sex="female", age_days=_born(46, 33), culture="indian", site="lakeview"),
    SoloSpec(given=("J",), family="O", sex="male", age_days=_born(44, 44), culture="chinese"),
    SoloSpec(given=("Siân", "Éilís"), family="O'Súilleabháin", sex="female", age_days=_born(31, 8), culture="anglo"),
    SoloSpec(given=("Null",), family="Void", sex="male", age_days=_born(27, 18), culture="anglo"),
    SoloSpec(given=("Björk",), family="Þórsdóttir", sex="female", age_days=_born(36, 200), culture="anglo"),
)

_NEEDS = (
    SoloSpec(
        given=("Eugene",), family="Halvorson", sex="male", age_days=_born(74, 30), culture="anglo",
        traits=("atrial-fibrillation", "hypertension", "warfarin"),
    ),
    SoloSpec(
        given=("Dorothy",), family="Swenson", sex="female", age_days=_born(81, 99), culture="anglo",
        traits=("atrial-fibrillation", "pacemaker", "warfarin", "wheelchair"),
    ),
    SoloSpec(
        given=("Halyna",), family="Bondarenko", sex="female", age_days=_born(69, 12), culture="ukrainian",
        traits=("valve", "warfarin"), interpreter="uk", site="lakeview",
    ),
    SoloSpec(
        given=("Leroy",), family="Dawson", sex="male", age_days=_born(66, 61), culture="black",
        traits=("diabetes", "hypertension", "wheelchair"),
    ),
    SoloSpec(
        given=("Blia",), family="Xiong", sex="female", age_days=_born(63, 45), culture="hmong",
        traits=("diabetes", "hypertension"), interpreter="hmn",
    ),
    SoloSpec(
        given=("Amal",), family="Khoury", sex="female", age_days=_born(39, 70), culture="arabic", interpreter="ar",
        traits=("migraine",),
    ),
    SoloSpec(
        given=("Wade",), family="Littlewolf", sex="male", age_days=_born(45, 8), culture="ojibwe", homeless=True,
        traits=("diabetes", "smoker", "unhoused"),
    ),
    SoloSpec(
        given=("Tyrone",), family="Gaines", sex="male", age_days=_born(58, 5), culture="black", homeless=True,
        traits=("copd", "shelter", "smoker"),
    ),
    SoloSpec(
        given=("Heather",), family="Novak", sex="female", age_days=_born(33, 81), culture="anglo", homeless=True,
        traits=("depression", "unhoused"), site="lakeview",
    ),
    SoloSpec(
        given=("Carlos",), family="Mendoza Ruiz", sex="male", age_days=_born(28, 14), culture="mexican",
        extra={"stitches_days": 10}, interpreter="es",
    ),
    SoloSpec(
        given=("Rachel",), family="Bennett", sex="female", age_days=_born(35, 50), culture="anglo",
        extra={"stitches_days": 9}, site="lakeview",
    ),
    SoloSpec(
        given=("Walter",), family="Olson", sex="male", age_days=_born(70, 66), culture="anglo", interpreter="ase",
        traits=("cholesterol", "hypertension"),
    ),
)  # fmt: skip

SPECIALS: tuple[FamilySpec | SoloSpec, ...] = (
    *_NEWBORNS_AND_INFANTS,
    *_EXPECTING,
    *_NEEDS,
    *_LOOK_ALIKES,
    *_NAMES_THAT_BREAK_FORMS,
)
