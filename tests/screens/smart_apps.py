"""Two apps that we did not write, at an address of their own: SMART's JavaScript client in the browser, its Python
client beside it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

LAUNCH_PAGE = """<!doctype html><title>Starting</title><script src="/client.js"></script><script>
const asked = { clientId: CLIENT, scope: SCOPE, redirectUri: "/back.html", pkceMode: "required" };
FHIR.oauth2.authorize(Object.assign(asked, ISS))
  .catch(error => { document.title = "Failed"; document.body.textContent = String(error); });
</script><body></body>"""
BACK_PAGE = """<!doctype html><title>Loading</title><script src="/client.js"></script><body><pre id="said"></pre>
<script>
FHIR.oauth2.ready().then(async client => {
  const patient = await client.patient.read();
  const visits = await client.request("Observation?patient=" + client.patient.id);
  const user = client.user.fhirUser ? await client.user.read() : null;
  const before = client.state.tokenResponse.access_token;
  if (client.state.tokenResponse.refresh_token) await client.refresh();
  document.getElementById("said").textContent = JSON.stringify({
    patient: patient.name[0].family, observations: (visits.entry || []).length,
    user: user && user.resourceType + "/" + user.id, banner: client.state.tokenResponse.need_patient_banner,
    turned: before !== client.state.tokenResponse.access_token, again: (await client.patient.read()).id,
  });
  document.title = "Done";
}).catch(error => { document.title = "Failed"; document.getElementById("said").textContent = String(error); });
</script></body>"""


@dataclass
class Site:
    """Where an app lives. `client_id`, `scope` and `iss` are put into its pages."""

    url: str
    client_id: str = ""
    scope: str = ""
    iss: str = ""
    script: bytes = b""
    asked: list[str] = field(default_factory=list)

    def page(self, path: str) -> tuple[str, bytes] | None:
        at = urlsplit(path).path
        if at == "/client.js":
            return "text/javascript", self.script
        if at in ("/launch.html", "/standalone.html"):
            iss = json.dumps({"iss": self.iss} if at == "/standalone.html" else {})
            text = LAUNCH_PAGE.replace("CLIENT", json.dumps(self.client_id)).replace("SCOPE", json.dumps(self.scope))
            return "text/html", text.replace("ISS", iss).encode()
        if at == "/back.html":
            return "text/html", BACK_PAGE.encode()
        return ("text/html", b"<!doctype html><title>Back</title>") if at == "/python" else None


@contextmanager
def living() -> Iterator[Site]:
    """A site on this machine, of another origin than the product."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = site.page(self.path)
            site.asked.append(self.path)
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", found[0] if found else "text/plain")
            self.end_headers()
            self.wfile.write(found[1] if found else b"")

        def log_message(self, *_: Any) -> None:
            """Nothing is said."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Site(url=f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield site
    server.shutdown()
    server.server_close()
