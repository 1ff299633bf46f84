"""Papers from coming in to being filed, on both engines: what is owed, races, moves, who may."""

import io
import struct
import threading
import wave
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from carewright.core.access.codes import ROLE_SYSTEM
from carewright.core.access.model import AccessDenied
from carewright.core.access.sensitivity import sensitive_for
from carewright.core.blobs.blobs import Blobs
from carewright.core.blobs.files import BlobFiles
from carewright.core.store.model import Conflict, KeyTaken, NotFound, Ref, Refused
from carewright.core.terminology.coding import Coding
from carewright.core.work import actions as work
from carewright.core.work import fhir as work_fhir
from carewright.core.work.model import End, WorkTask
from carewright.skills.incoming import actions, codes, queries, rules
from carewright.skills.incoming.actions import Naming
from carewright.skills.incoming.fhir import from_fhir, to_fhir
from carewright.skills.incoming.model import CameAs, NotPossible, NotTaken, Paper, Route, Stage
from carewright.skills.incoming.owed import OWED
from tests.clinic import TEN_FORTY, Clinic

LAB = Naming(kind="lab", route=Route.SIGN, to="Practitioner/lind")


def picture(kind: str = "PNG", *, color: str = "white", pages: int = 1) -> bytes:
    made = io.BytesIO()
    sheets = [Image.new("L", (200, 280), color) for _ in range(pages)]
    more: dict[str, Any] = {"save_all": True, "append_images": sheets[1:]} if pages > 1 else {}
    sheets[0].save(made, kind, **more)
    return made.getvalue()


def recording() -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(800))
    return made.getvalue()


@pytest.fixture
def blobs(clinic: Clinic, tmp_path: Path) -> Blobs:
    clinic.have(
        *({"resourceType": "Patient", "id": key, "name": [{"family": key.title()}], "birthDate": "1971-08-21"}
          for key in ("ada", "jonas"))
    )  # fmt: skip
    return Blobs(clinic.store, BlobFiles(tmp_path, key=bytes(32)))


def came(clinic: Clinic, blobs: Blobs, *, sent: bytes | None = None, came_as: CameAs = CameAs.FAX) -> str:
    taken = actions.take_in(clinic.writer("fay"), blobs=blobs, sent=sent or picture(), came_as=came_as, at=TEN_FORTY)
    assert taken.new
    assert taken.ref is not None
    return taken.ref.id


def paper_of(clinic: Clinic, paper_id: str) -> Paper:
    found = from_fhir(clinic.resource(Ref("DocumentReference", paper_id)))
    assert found is not None
    return found


def tasks(clinic: Clinic, paper_id: str) -> dict[str, WorkTask]:
    """The tasks of a paper that there ever were, by their code."""
    found = {}
    for leg in queries.LEGS:
        ref = OWED.task_of(Ref("DocumentReference", paper_id), leg)
        with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
            stored = reader.resource_or_none(ref)
        if stored is not None:
            found[leg.code] = work_fhir.from_fhir(stored)
    return found


def open_of(clinic: Clinic, paper_id: str) -> list[str]:
    return [code for code, task in tasks(clinic, paper_id).items() if task.is_open]


def test_a_fax_goes_from_nobodys_to_filed_and_owes_one_task_at_each_step(clinic: Clinic, blobs: Blobs) -> None:
    paper = came(clinic, blobs)
    assert "subject" not in clinic.resource(Ref("DocumentReference", paper))
    assert open_of(clinic, paper) == ["paper-match"]
    assert tasks(clinic, paper)["paper-match"].patient == ""
    actions.match(clinic.writer("fay"), paper_id=paper, version=1, patient_id="ada")
    stored = clinic.resource(Ref("DocumentReference", paper))
    assert stored["subject"] == {"reference": "Patient/ada"}
    assert "us-core-documentreference" in str(stored["meta"]["profile"])
    assert not stored["meta"].get("security")
    assert open_of(clinic, paper) == ["paper-name"]
    actions.name_and_route(clinic.writer("fay"), paper_id=paper, version=2, naming=LAB)
    assert open_of(clinic, paper) == ["paper-sign"]
    sign = tasks(clinic, paper)["paper-sign"]
    assert (sign.owner, sign.patient) == ("Practitioner/lind", "Patient/ada")
    actions.finish(clinic.writer("lind"), paper_id=paper, version=3, at=TEN_FORTY, note="Repeat in 3 months")
    assert open_of(clinic, paper) == []
    done = clinic.resource(Ref("DocumentReference", paper))
    assert done["docStatus"] == "final"
    assert done["authenticator"] == {"reference": "Practitioner/lind"}
    assert all(task.end is End.DONE and task.due_at for task in tasks(clinic, paper).values())


def test_match_name_and_route_can_be_said_at_once(clinic: Clinic, blobs: Blobs) -> None:
    paper = came(clinic, blobs)
    naming = Naming(kind="form", route=Route.DESK, title="Camp form")
    actions.match(clinic.writer("dana"), paper_id=paper, version=1, patient_id="jonas", naming=naming)
    assert open_of(clinic, paper) == ["paper-act"]
    assert paper_of(clinic, paper).stage is Stage.ACT
    actions.finish(clinic.writer("fay"), paper_id=paper, version=2, at=TEN_FORTY)
    assert paper_of(clinic, paper).stage is Stage.FILED


def test_the_same_file_never_makes_two_papers(clinic: Clinic, blobs: Blobs) -> None:
    paper = came(clinic, blobs)
    for _ in range(2):
        again = actions.take_in(clinic.writer("dana"), blobs=blobs, sent=picture(), came_as=CameAs.PAPER, at=TEN_FORTY)
        assert (again.new, again.ref) == (False, Ref("DocumentReference", paper))
    assert len(clinic.rows("paper")) == 1
    assert len(clinic.rows("task")) == 1


def test_two_take_the_same_file_in_at_the_same_moment(clinic: Clinic, blobs: Blobs) -> None:
    taken = []

    def take() -> None:
        taken.append(actions.take_in(
            clinic.writer("dana"), blobs=blobs, sent=picture(), came_as=CameAs.FAX, at=TEN_FORTY
        ))  # fmt: skip

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.new for one in taken) == [False, False, False, True]
    assert len(clinic.rows("paper")) == 1


def test_of_two_who_match_the_same_paper_one_wins(clinic: Clinic, blobs: Blobs) -> None:
    paper = came(clinic, blobs)
    results: list[str] = []

    def match(who: str, patient: str) -> None:
        try:
            actions.match(clinic.writer(who), paper_id=paper, version=1, patient_id=patient)
            results.append(patient)
        except (Conflict, NotPossible):
            results.append("lost")

    pairs = [("fay", "ada"), ("dana", "jonas")]
    threads = [threading.Thread(target=match, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = next(one for one in results if one != "lost")
    assert sorted(results) == sorted([winner, "lost"])
    assert paper_of(clinic, paper).patient == f"Patient/{winner}"
    assert open_of(clinic, paper) == ["paper-name"]


def test_a_form_sent_twice_matches_once(clinic: Clinic, blobs: Blobs) -> None:
    paper = came(clinic, blobs)
    actions.match(clinic.writer("fay"), paper_id=paper, version=1, patient_id="ada", form_key="k1")
    with pytest.raises((NotPossible, KeyTaken, Conflict)):
        actions.match(clinic.writer("fay"), paper_id=paper, version=1, patient_id="ada", form_key="k1")
    assert paper_of(clinic, paper).version == 2


def test_a_misfiled_paper_moves_and_leaves_a_trace_without_the_file(clinic: Clinic, blobs: Blobs) -> None:
    paper = came(clinic, blobs)
    actions.match(clinic.writer("fay"), paper_id=paper, version=1, patient_id="ada", naming=LAB)
    actions.finish(clinic.writer("lind"), paper_id=paper, version=2, at=TEN_FORTY)
    new = actions.move(clinic.writer("dana"), paper_id=paper, version=3, why="Same last name", patient_id="jonas")
    trace, moved = paper_of(clinic, paper), paper_of(clinic, new.id)
    assert (trace.stage, trace.patient, trace.why, trace.digest) == (Stage.MOVED, "Patient/ada", "Same last name", "")
    body = clinic.resource(Ref("DocumentReference", paper))
    assert body["status"] == "entered-in-error"
    assert "url" not in body["content"][0]["attachment"]
    assert (moved.stage, moved.patient, moved.moved_here) == (Stage.SIGN, "Patient/jonas", "Same last name")
    assert open_of(clinic, paper) == []
    assert open_of(clinic, new.id) == ["paper-sign"]
    with clinic.store.reader(clinic.access("dana"), reason="test") as reader:
        assert [entry.stage for entry in queries.of_patient(reader, ["ada"])] == [Stage.MOVED]
        assert queries.content(reader, blobs, new.id).data == picture()
        with pytest.raises(NotFound):
            queries.content(reader, blobs, paper)


def test_a_paper_goes_back_to_those_that_nobody_has_matched(clinic: Clinic, blobs: Blobs) -> None:
    paper = came(clinic, blobs)
    actions.match(clinic.writer("fay"), paper_id=paper, version=1, patient_id="ada", naming=LAB)
    new = actions.move(clinic.writer("fay"), paper_id=paper, version=2, why="Another birth date")
    back = paper_of(clinic, new.id)
    assert (back.stage, back.patient, back.route) == (Stage.MATCH, "", None)
    assert open_of(clinic, new.id) == ["paper-match"]
    ended = tasks(clinic, paper)["paper-sign"]
    assert (ended.end, ended.end_words) == (End.NOT_NEEDED, "Another birth date")


def test_what_is_no_patients_paper_ends_with_the_reason(clinic: Clinic, blobs: Blobs) -> None:
    paper = came(clinic, blobs)
    with pytest.raises(NotPossible):
        actions.drop(clinic.writer("fay"), paper_id=paper, version=1, why=" ")
    actions.drop(clinic.writer("fay"), paper_id=paper, version=1, why="Advertising")
    assert paper_of(clinic, paper).stage is Stage.DROPPED
    assert open_of(clinic, paper) == []


def test_a_paper_given_to_another_provider_is_theirs_to_sign(clinic: Clinic, blobs: Blobs) -> None:
    paper = came(clinic, blobs)
    actions.match(clinic.writer("fay"), paper_id=paper, version=1, patient_id="ada", naming=LAB)
    other = replace(LAB, to="Practitioner/okoye")
    actions.name_and_route(clinic.writer("fay"), paper_id=paper, version=2, naming=other)
    assert tasks(clinic, paper)["paper-sign"].owner == "Practitioner/okoye"
    actions.name_and_route(clinic.writer("fay"), paper_id=paper, version=3, naming=Naming(kind="lab", route=Route.MA))
    assert open_of(clinic, paper) == ["paper-act"]
    actions.name_and_route(clinic.writer("fay"), paper_id=paper, version=4,
                           naming=Naming(kind="lab", route=Route.NURSE))  # fmt: skip
    pool = tasks(clinic, paper)["paper-act"].pool
    assert pool is not None
    assert pool.role == "nurse"


def test_a_paper_to_be_signed_is_signed_by_a_provider_alone(clinic: Clinic, blobs: Blobs) -> None:
    paper = came(clinic, blobs)
    actions.match(clinic.writer("fay"), paper_id=paper, version=1, patient_id="ada", naming=LAB)
    for name in ("fay", "dana", "nora", "mona"):
        with pytest.raises(AccessDenied):
            actions.finish(clinic.writer(name), paper_id=paper, version=2, at=TEN_FORTY)
    for name in ("bill", "priya", "audra"):
        with pytest.raises(AccessDenied):
            actions.match(clinic.writer(name), paper_id=paper, version=2, patient_id="jonas")
    assert paper_of(clinic, paper).stage is Stage.SIGN


def test_the_task_of_a_paper_is_not_done_before_the_paper_is(clinic: Clinic, blobs: Blobs) -> None:
    paper = came(clinic, blobs)
    task = OWED.task_of(Ref("DocumentReference", paper), codes.MATCH)
    clinic.have({"resourceType": "PractitionerRole", "id": "role-fay",
                 "practitioner": {"reference": "Practitioner/fay"},
                 "code": [Coding(ROLE_SYSTEM, "front-desk").concept()]})  # fmt: skip
    with pytest.raises(Refused):
        work.done(clinic.writer("fay"), task_id=task.id, at=TEN_FORTY)


def test_an_unmatched_paper_is_seen_by_those_who_sort_papers_alone(clinic: Clinic, blobs: Blobs) -> None:
    paper = Ref("DocumentReference", came(clinic, blobs))
    for name, role in clinic.people.items():
        access = clinic.access(name)
        access = replace(access, sensitive=sensitive_for({role}, access.purpose))
        with clinic.store.reader(access, reason="test") as reader:
            try:
                seen = reader.resource_or_none(paper) is not None
            except AccessDenied:
                seen = False
        assert seen == (name in {"dana", "lena", "fay", "nora", "lind", "mona"}), name


def test_a_paper_is_as_sensitive_as_the_patient(clinic: Clinic, blobs: Blobs) -> None:
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    clinic.have({"resourceType": "Patient", "id": "quiet", "name": [{"family": "Q"}], "meta": {"security": [label]}})
    paper = came(clinic, blobs)
    actions.match(clinic.writer("dana"), paper_id=paper, version=1, patient_id="quiet", naming=LAB)
    assert clinic.resource(Ref("DocumentReference", paper))["meta"]["security"] == [label]


def test_the_oldest_paper_comes_first_with_its_date(clinic: Clinic, blobs: Blobs) -> None:
    first = came(clinic, blobs)
    late = actions.take_in(clinic.writer("fay"), blobs=blobs, sent=recording(), came_as=CameAs.FAX,
                           at=TEN_FORTY - timedelta(hours=1))  # fmt: skip
    with clinic.store.reader(clinic.access("fay"), reason="test") as reader:
        listed = queries.waiting(reader)
    assert [entry.id for entry in listed] == [late.ref.id if late.ref else "", first]
    assert listed[0].came_as is CameAs.VOICEMAIL
    assert all(entry.due_at is not None for entry in listed)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"", "empty"),
        (b"<html><script>alert(1)</script>", "no PDF"),
        (b"PK\x03\x04 an office file", "no PDF"),
        (b"%PDF-1.7\nand no end", "cut off"),
        (picture()[:60], "broken"),
        (picture("JPEG")[:200], "broken"),
        (b"II*\x00" + bytes(40), "broken"),
        (b"RIFF\x00\x00\x00\x00AVI ", "no PDF"),
        (bytes(rules.LARGEST_BYTES + 1), "too large"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(sent: bytes, words: str) -> None:
    with pytest.raises(NotTaken, match=words):
        rules.kept(sent)


def test_what_a_file_is_is_read_from_its_bytes() -> None:
    pdf = b"%PDF-1.4\n1 0 obj\nendobj\ntrailer\n%%EOF\n"
    assert rules.kept(pdf).content_type == rules.PDF
    assert rules.kept(picture()).content_type == rules.PNG
    assert rules.kept(picture("JPEG")).content_type == rules.JPEG
    assert rules.kept(recording()).content_type == rules.WAV
    assert rules.kept(b"ID3\x04" + bytes(40)).content_type == rules.MP3
    assert rules.kept(struct.pack(">I", 0xFFFB9064) + bytes(40)).content_type == rules.MP3
    fax = rules.kept(picture("TIFF", pages=3))
    assert fax.content_type == rules.PDF
    assert fax.data.count(b"/Type /Page\n") == 3 or fax.data.count(b"/Page ") >= 3 or b"/Count 3" in fax.data


@given(st.binary(max_size=400))
def test_any_bytes_are_kept_as_something_that_can_be_shown_or_refused(sent: bytes) -> None:
    with suppress(NotTaken):
        assert rules.kept(sent).content_type in rules.SHOWN


@given(
    st.builds(
        Paper,
        came_as=st.sampled_from(CameAs),
        came_at=st.just(TEN_FORTY),
        content_type=st.just("image/png"),
        digest=st.binary(min_size=32, max_size=32).map(bytes.hex),
        id=st.just("p1"),
        site=st.sampled_from(["", "main"]),
        patient=st.sampled_from(["", "Patient/ada"]),
        title=st.sampled_from(["", "Camp"]),
        route=st.sampled_from([None, Route.MA, Route.DESK]),
        by_mistake=st.booleans(),
        final=st.booleans(),
        note=st.sampled_from(["", "Called"]),
        why=st.sampled_from(["", "Wrong"]),
        moved_away=st.booleans(),
        type_words=st.just("Lab result"),
    )
)
def test_a_paper_reads_back_as_it_was_written_and_owes_a_task_until_its_end(paper: Paper) -> None:
    read = from_fhir(to_fhir(paper))
    assert read is not None
    # What is charted by mistake says so in docStatus, which then cannot say final.
    assert replace(read, type=None) == replace(paper, final=paper.final and not paper.by_mistake)
    ended = paper.stage in {Stage.FILED, Stage.DROPPED, Stage.MOVED}
    assert (rules.leg_of(to_fhir(paper)) is None) == ended
