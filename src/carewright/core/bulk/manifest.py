"""What exports and imports declare: who may ask for an import, who sees and ends them all, what a practice chooses."""

from carewright.core.access.model import Role
from carewright.core.registry import Manifest, Permission
from carewright.core.settings.model import WHOLE, Setting, between

IMPORT = "bulk.import"
SEE = "bulk.see"

KEEP_HOURS = Setting(
    name="bulk.keep_hours",
    kind=WHOLE,
    default=24,
    unit="h",
    check=between(1, 24 * 14),
    doc="How long the files of a finished export, and what an import refused, are kept.",
)
OPEN_JOBS = Setting(
    name="bulk.open_jobs",
    kind=WHOLE,
    default=4,
    check=between(1, 50),
    doc="How many exports, and how many imports, a practice lets run or wait at once.",
)
OPEN_JOBS_EACH = Setting(
    name="bulk.open_jobs_each",
    kind=WHOLE,
    default=2,
    check=between(1, 50),
    doc="How many exports, and how many imports, one client may have running or waiting at once.",
)
RECORDS_PER_FILE = Setting(
    name="bulk.records_per_file",
    kind=WHOLE,
    default=50_000,
    check=between(1, 500_000),
    doc="How many records a file of an export holds at most. What is interrupted goes on with the file it was at.",
)
IMPORT_MEGABYTES = Setting(
    name="bulk.import_megabytes",
    kind=WHOLE,
    default=4_096,
    unit="MB",
    check=between(1, 1_000_000),
    doc="How much one import may send, unpacked.",
)

MANIFEST = Manifest(
    name="bulk",
    doc="Exports and imports of a whole practice or of many patients at once, by programs.",
    permissions=(
        Permission(
            action=IMPORT,
            roles=frozenset({Role.MANAGER}),
            doc="Ask for an import by a program: records from elsewhere, of all types that its token may write.",
        ),
        Permission(
            action=SEE,
            roles=frozenset({Role.MANAGER, Role.PRIVACY_OFFICER}),
            doc="See the exports and imports of all programs, how far they are, and end them.",
        ),
    ),
    settings=(KEEP_HOURS, OPEN_JOBS, OPEN_JOBS_EACH, RECORDS_PER_FILE, IMPORT_MEGABYTES),
)
