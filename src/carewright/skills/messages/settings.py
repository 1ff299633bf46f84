"""What a practice chooses about messages: the templates that a message can begin with."""

from carewright.core.access.model import Role
from carewright.core.sentences import term
from carewright.core.settings.model import Kind, Setting
from carewright.skills.messages.templates import MOST, Template


def _read(value: object) -> tuple[Template, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError("a list of templates expected")
    return tuple(_template(one) for one in value)


def _template(value: object) -> Template:
    if not isinstance(value, dict) or not all(isinstance(part, str) for part in value.values()):
        raise TypeError("a template with a topic, words and a role expected")
    parts = {name: str(value.get(name, "")) for name in ("topic", "words", "role")}
    return Template(topic=parts["topic"], words=parts["words"], role=Role(parts["role"]) if parts["role"] else None)


def _write(value: tuple[Template, ...]) -> object:
    return [{"topic": one.topic, "words": one.words, "role": one.role.value if one.role else ""} for one in value]


def _problem(value: tuple[Template, ...]) -> str | None:
    if len(value) > MOST:
        return f"at most {MOST} templates"
    topics = [one.topic for one in value]
    return "two templates have the same topic" if len(set(topics)) < len(topics) else None


TEMPLATES: Setting[tuple[Template, ...]] = Setting(
    name="messages.templates",
    kind=Kind(name="list of templates", read=_read, write=_write),
    default=(
        Template(
            topic=term("Question about a prior authorization"), role=Role.FRONT_DESK,
            words=term("Which plan, which medicine or test, and what did the plan ask for?"),
        ),
        Template(
            topic=term("Form to sign"), role=Role.PROVIDER,
            words=term("A form is attached. Please sign it, or say what is missing."),
        ),
        Template(
            topic=term("Records asked for"), role=Role.FRONT_DESK,
            words=term("Please ask for the records: from whom, of which dates, by when."),
        ),
        Template(
            topic=term("Patient asks for a call back"), role=Role.NURSE,
            words=term("The patient asks to be called back. The number, and when they can be reached:"),
        ),
        Template(
            topic=term("Supplies run low"), role=Role.LEAD_MA,
            words=term("What runs low, where, and how many are left:"),
        ),
        Template(
            topic=term("Something does not work"), role=Role.LEAD_MA,
            words=term("What does not work, where, and since when. Is it still in use?"),
        ),
    ),
    doc="The messages that staff begin often: what each is about, its first words, and the role it goes to.",
    check=_problem,
)  # fmt: skip
