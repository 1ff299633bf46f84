"""What may be written as a reason, and which words say that somebody must be told at once.

The second is a prompt and no triage: it names no urgency and gives no advice; a licensed person decides. It looks for
the emergency warning signs that the public is told to call 911 for (American College of Emergency Physicians, "Is it an
emergency?", https://www.emergencyphysicians.org/articles/er101/is-it-an-emergency; 988 for thoughts of suicide,
https://988lifeline.org). It reads words, so it misses what is put otherwise: its silence means nothing.
"""

from carewright.core.fhir.text import fold
from carewright.core.sentences import Sentence, sentence
from carewright.skills.reason.model import MAX_WORDS

_TELL_NOW = (
    ("chest pain", "chest pressure", "dolor de pecho"),
    ("can't breathe", "cannot breathe", "trouble breathing", "short of breath", "no puede respirar"),
    ("passed out", "fainted", "unconscious", "se desmayo"),
    ("face drooping", "slurred speech", "cannot speak", "weak on one side"),
    ("throat closing", "throat swelling", "tongue swelling"),
    ("suicide", "kill myself", "want to die", "hurt myself", "suicidio"),
    ("overdose", "poison", "swallowed a battery"),
    ("seizure", "convulsion"),
    ("coughing blood", "coughing up blood", "vomiting blood", "won't stop bleeding"),
    ("worst headache",),
)
"""One group for each sign; the first is how the prompt names it."""


def tidy(words: str) -> str:
    """The words without blanks at the ends; nothing else is changed. ValueError if empty or too long."""
    tidied = words.strip()
    if not tidied:
        raise ValueError("Write what the patient said.")
    if len(tidied) > MAX_WORDS:
        raise ValueError(f"Keep it under {MAX_WORDS} characters; the provider writes the story.")
    return tidied


def tell_now(words: str) -> Sentence | None:
    """A prompt to tell the provider or nurse if the words hold a warning sign, else None."""
    folded = fold(words).replace("’", "'")
    said = next((phrase for group in _TELL_NOW for phrase in group if phrase in folded), None)
    if said is None:
        return None
    return sentence("The patient said “%(said)s”. Tell the provider or nurse now.", said=said)
