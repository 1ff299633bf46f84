"""The patient banner of every workspace, put together from what the skills know of a patient.

The one part that workspaces share (docs/decisions/0004-workspaces-share-the-banner.md): who a page is about must be
the same on all of them.
"""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext

from carewright.core.store.model import Ref, Resource
from carewright.core.store.reader import Reader
from carewright.shell.banner import Allergy as BannerAllergy
from carewright.shell.banner import AllergyKnowledge, Flag, PatientBanner
from carewright.shell.components import Level
from carewright.shell.people import names_of
from carewright.shell.permissions import CareRequest
from carewright.shell.saying import say, term_words
from carewright.shell.words import age_on, sex_words
from carewright.skills.allergies import queries as allergies
from carewright.skills.allergies.model import Allergy, Asked
from carewright.skills.allergies.rules import reaction_words, standing
from carewright.skills.photo.fhir import photo_of
from carewright.skills.registration import codes
from carewright.skills.registration import queries as registration
from carewright.skills.registration.model import BannerFlag, Patient
from carewright.skills.registration.rules.mrn import show_mrn
from carewright.skills.visit.model import Visit

SHOWN_ALLERGIES = 4
"""More are counted: the banner never grows over the page, and the list is one tap away."""
_ICONS = {
    codes.NOT_THIS_ARM: "ban",
    codes.LATEX: "hand",
    codes.LIDOCAINE: "syringe",
    codes.BLOOD_THINNER: "droplets",
    codes.PACEMAKER: "heart-pulse",
    codes.FAINTER: "bed",
    codes.HARD_STICK: "syringe",
    codes.WHEELCHAIR: "accessibility",
    codes.FALL_RISK: "footprints",
    codes.MASK_NOW: "shield-alert",
}
_ALERTS = frozenset({codes.MASK_NOW, codes.NOT_THIS_ARM})


@dataclass(frozen=True, kw_only=True)
class AboutPatient:
    """A patient as a page knows them: the values, the resource, and the banner made of them."""

    patient: Patient
    resource: Resource
    banner: PatientBanner


@dataclass(frozen=True, kw_only=True)
class Who:
    """A chart as a choice in a list: whose it is, in words."""

    id: str
    name: str
    born: str
    age_sex: str
    mrn: str
    version: int = 0

    @property
    def words(self) -> str:
        born = gettext("born %(born)s") % {"born": self.born} if self.born else gettext("birth date not known")
        return " · ".join([self.name, born, *([gettext("MRN %(mrn)s") % {"mrn": self.mrn}] if self.mrn else [])])


def who(request: CareRequest, patient: Patient, *, version: int = 0) -> Who:
    """A patient as a line."""
    born = patient.birth_date.isoformat() if patient.birth_date else ""
    return Who(
        id=patient.id,
        name=patient.name.words,
        born=request.care.clock.partial_date(born) if born else "",
        age_sex=f"{age_on(born=born, on=request.care.now_local.date())}, {sex_words(patient.gender)}",
        mrn=show_mrn(patient.mrn),
        version=version,
    )


def about(request: CareRequest, reader: Reader, patient_id: str, *, visit: Visit | None = None) -> AboutPatient:
    """The patient and their banner; with `visit`, what it is for, with whom and where. NotFound.

    A chart that was merged answers as the one that it was merged into: the record of one visit may still name it.
    """
    patient, resource = registration.whole(reader, patient_id)
    patient_id = patient.id
    asked = [entry for entry in allergies.askings(reader, patient_id) if entry.counts]
    listed = standing(entry.allergy for entry in allergies.listed(reader, patient_id))
    flags = registration.flags(reader, patient_id)
    sees_photo = request.access.may_do("photo.see")
    banner = PatientBanner(
        name=patient.name.words,
        born=str(resource.get("birthDate", "")),
        gender=patient.gender,
        mrn=patient.mrn or gettext("not yet"),
        today=request.care.now_local.date(),
        allergy_knowledge=_knowledge(listed, asked),
        allergies=_allergies(listed),
        preferred_name=patient.preferred_name,
        language=_language(patient),
        interpreter=bool(patient.needs_interpreter),
        flags=tuple(_flag(flag) for flag in flags if flag.code not in _ALERTS),
        alerts=tuple(_flag(flag) for flag in flags if flag.code in _ALERTS),
        context=_context(reader, visit) if visit else (),
        photo_url=reverse("photo-picture", args=[patient_id]) if sees_photo and photo_of(resource) else "",
        photo_page_url=reverse("photo", args=[patient_id]) if sees_photo else "",
        chart_url=reverse("chart", args=[patient_id]) if request.access.may_do("chart.see") else "",
        clock=request.care.clock,
    )
    return AboutPatient(patient=patient, resource=resource, banner=banner)


def place_name(reader: Reader, reference: str | None) -> str:
    """The name of a room or site (`Location/…`, `Organization/…`); "" for none."""
    kind, _, resource_id = (reference or "").partition("/")
    if not resource_id:
        return ""
    found = reader.resource_or_none(Ref(kind, resource_id))
    return str(found.get("name", "")) if found else ""


def _knowledge(listed: list[Allergy], asked: list[Asked]) -> AllergyKnowledge:
    if listed:
        return AllergyKnowledge.LISTED
    return AllergyKnowledge.NONE_KNOWN if asked else AllergyKnowledge.NOT_ASKED


def _allergies(listed: list[Allergy]) -> tuple[BannerAllergy, ...]:
    shown = [
        BannerAllergy(
            substance=allergy.substance,
            reaction=", ".join(say(reaction_words(reaction)) for reaction in allergy.reactions),
            severe=allergy.criticality == "high" or any(r.severity == "severe" for r in allergy.reactions),
        )
        for allergy in listed[:SHOWN_ALLERGIES]
    ]
    more = len(listed) - SHOWN_ALLERGIES
    rest = [BannerAllergy(substance=gettext("and %(count)d more") % {"count": more})] if more > 0 else []
    return (*shown, *rest)


def _language(patient: Patient) -> str:
    """The language where it is not the clinic's own, in words."""
    coding = patient.language
    if coding is None or coding.code.partition("-")[0] == "en":
        return ""
    return term_words(coding.display) or coding.code


def _flag(flag: BannerFlag) -> Flag:
    level = Level.CRITICAL if flag.code in _ALERTS else Level.WARN
    words = term_words(flag.code.display)
    shown = f"{words}: {flag.words}" if flag.words else words
    return Flag(words=shown, icon=_ICONS.get(flag.code, "flag"), level=level)


def _context(reader: Reader, visit: Visit) -> tuple[str, ...]:
    provider = names_of(reader, [visit.provider]).get(visit.provider or "", "")
    return tuple(filter(None, (term_words(visit.type.display), provider, place_name(reader, visit.room))))
