"""Kinds of task that the team page makes."""

from carewright.core.sentences import term
from carewright.core.terminology.coding import Coding
from carewright.core.work.model import TASK_CODE

REBOOK = Coding(TASK_CODE, "rebook-patients", term("Find patients another provider or another day"))
