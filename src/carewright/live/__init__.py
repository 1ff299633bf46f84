"""Server-sent events: which topics changed, never what or whose. https://html.spec.whatwg.org/multipage/server-sent-events.html"""
