"""The files of a message on their way in: what they are is read from their bytes, whatever their names say."""

import re

from carewright.shell import runtime
from carewright.shell.permissions import CareRequest
from carewright.skills.incoming.rules import kept
from carewright.skills.messages import actions
from carewright.skills.messages.threads import File
from carewright.workspaces.inbox.forms import MessageForm

LONGEST_TITLE = 100


def keep(request: CareRequest, form: MessageForm) -> tuple[File, ...]:
    """Keep the files that came with a form; NotTaken, before any of them is kept."""
    checked = [(sent.name or "", kept(sent.read())) for sent in form.sent_files]
    if not checked:
        return ()
    writer = request.writer()
    return tuple(
        actions.keep_file(
            writer, blobs=runtime.blobs(), data=content.data, content_type=content.content_type, title=title(name)
        )
        for name, content in checked
    )


def title(name: str) -> str:
    """What a file is called on the screen and when it is saved: its own name, without what steers a terminal."""
    plain = re.sub(r"[\x00-\x1f\x7f/\\]", "", name).strip()
    return plain[-LONGEST_TITLE:] or "file"
