"""The demonstration practice: a seed and a day in, a believable family practice out. Pure; it writes nothing.

    clinic = practice(seed)                    # organizations, locations, staff, schedules; `clinic.resources`
    plan = day(clinic, seed, date.today())     # bookings and the morning's script until 10:40
    charts(seed, plan.day, plan.patients, count=1500)  # the charts that the board needs: first, in a second or so
    families(seed, plan.day, count=1500, among=plan.patients)  # and who of them belongs together
    population(seed, plan.day, 1500)           # everybody, one after another, for filling in behind

Whatever asks twice with the same seed and day gets the same bytes.
"""

from carewright.project.simulator.clinic import practice
from carewright.project.simulator.dayplan import POPULATION, day
from carewright.project.simulator.model import (
    DayPlan,
    DemoUser,
    PatientRecord,
    Person,
    PlannedAppointment,
    Practice,
    Step,
    StepKind,
    VitalSigns,
)
from carewright.project.simulator.stream_out import charts, families, population

__all__ = [
    "POPULATION",
    "DayPlan",
    "DemoUser",
    "PatientRecord",
    "Person",
    "PlannedAppointment",
    "Practice",
    "Step",
    "StepKind",
    "VitalSigns",
    "charts",
    "day",
    "families",
    "population",
    "practice",
]
