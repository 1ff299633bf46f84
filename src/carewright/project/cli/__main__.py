"""`python -m carewright.project.cli` is the command `carewright`."""

import sys

from carewright.project.cli import main

sys.exit(main())
