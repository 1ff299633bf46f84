"""What a caller may say that sends the call to the nurse at once. Routing, and nothing else: no severity, no advice.

The person at the phone does not weigh anything: what was said is on this list or it is not, and what is not on it goes
to a licensed person all the same if it is a symptom. The words are ours. The situations are the warning signs that the
American College of Emergency Physicians names for calling 911, as printed at
https://healthlibrary.bvhealthsystem.org/85,P00868 ; those of a stroke also at
https://www.mayoclinic.org/diseases-conditions/stroke/in-depth/health-tip/art-20450579
"""

from dataclasses import dataclass

from carewright.core.sentences import term

ACEP = "https://healthlibrary.bvhealthsystem.org/85,P00868"
STROKE = "https://www.mayoclinic.org/diseases-conditions/stroke/in-depth/health-tip/art-20450579"
LIFELINE = "https://988lifeline.org/"


@dataclass(frozen=True, kw_only=True)
class RedFlag:
    """One thing a caller may say, in our words, and where it stands as a reason to call 911.

    `lifeline`: the number 988 is said as well.
    """

    code: str
    words: str
    source: str
    lifeline: bool = False


RED_FLAGS = (
    RedFlag(code="chest", words=term("Pain or pressure in the chest"), source=ACEP),
    RedFlag(code="breathing", words=term("Cannot breathe well, or is choking"), source=ACEP),
    RedFlag(code="stroke", words=term("Face droops, an arm or leg is weak, speech is not clear"), source=STROKE),
    RedFlag(code="unconscious", words=term("Fainted, does not wake up, or is confused"), source=ACEP),
    RedFlag(code="seizure", words=term("A seizure"), source=ACEP),
    RedFlag(code="bleeding", words=term("Bleeding that does not stop"), source=ACEP),
    RedFlag(code="allergic", words=term("Allergic reaction: swelling of face or throat"), source=ACEP),
    RedFlag(code="poison", words=term("Poison or an overdose"), source=ACEP),
    RedFlag(code="injury", words=term("Hurt badly: head, back, burn, near drowning"), source=ACEP),
    RedFlag(code="harm", words=term("Wants to hurt themselves or somebody else"), source=LIFELINE, lifeline=True),
)
BY_CODE = {flag.code: flag for flag in RED_FLAGS}
