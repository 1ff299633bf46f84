"""What the critical-call skill declares: who calls, who is called, and that it is one kind of task."""

from carewright.core.access.model import CLINICAL, Role
from carewright.core.registry import Manifest, TaskCode, may_write
from carewright.skills.critical_calls.actions import CALL
from carewright.skills.critical_calls.codes import CRITICAL_CALL

MANIFEST = Manifest(
    name="critical-calls",
    doc="A critical value rings a named provider, then the covering one, until somebody answers and reads it back.",
    permissions=(
        may_write(CALL, CLINICAL, on=("Task", "Communication"), doc="Ring a provider about a critical value."),
    ),
    task_codes=(
        TaskCode(
            code=CRITICAL_CALL.code,
            display=CRITICAL_CALL.display,
            roles=frozenset({Role.PROVIDER}),
        ),
    ),
)
