"""Codes of a day's team: its category, and why somebody is away. https://hl7.org/fhir/R4/careteam.html"""

from carewright.core.sentences import term
from carewright.core.terminology.coding import OWN_EXTENSIONS, Coding, own_system

DAY_TEAM = Coding(own_system("care-team"), "day-team", "Team of one site on one day")
AWAY_SYSTEM = own_system("away")
SICK = Coding(AWAY_SYSTEM, "sick", term("Sick"))
LEAVE = Coding(AWAY_SYSTEM, "leave", term("On leave"))
OTHER = Coding(AWAY_SYSTEM, "other", term("Away"))

LUNCH = OWN_EXTENSIONS + "team-lunch"
POD = OWN_EXTENSIONS + "team-pod"
WORKS_WITH = OWN_EXTENSIONS + "team-works-with"
AWAY = OWN_EXTENSIONS + "team-away"
COVERING = OWN_EXTENSIONS + "team-covering"
