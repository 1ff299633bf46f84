/* Live updates. One event stream per browser: the tab that holds the lock keeps it and tells the others; without
   Web Locks (a page not served securely) each visible tab keeps its own and hidden tabs let go of theirs.

   Elements name what they show: data-live="board rooms". An event of topic T becomes `live:T` on <body>, which htmx
   elements wait for: hx-trigger="live:board from:body". Events say what changed, never whose.

   The server's events: `change` {"topics": [...]} · `emergency` {"room","job","open"} · `reset` (too old an id: all of
   it may have changed) · `end` (the session is locked or over). Ids let a broken stream go on where it stopped. The
   first stream goes on from data-live-after, where the feed was when the page was made: nothing falls in between. */
"use strict";
(() => {
  const url = document.body.dataset.liveUrl;
  if (!url) return;
  const indicator = document.querySelector("[data-live-state]");
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("carewright-live") : null;
  const shared = Boolean(channel && navigator.locks);
  let source = null;
  let lastId = document.body.dataset.liveAfter ?? "";
  let ended = false;
  let pause = 1000;

  /* Whether event id a ("12.345") comes after b; the parts are whole numbers that may be longer than a double holds. */
  const later = (a, b) => {
    const [[x, y], [z, w]] = [a, b].map((id) => (id || "0.0").split(".").map(BigInt));
    return x > z || (x === z && y > w);
  };

  const ownTopics = () => [...document.querySelectorAll("[data-live]")].flatMap((element) => element.dataset.live.split(/\s+/)).filter(Boolean);

  const show = (state) => {
    if (!indicator || indicator.dataset.liveState === state) return;
    const before = indicator.dataset.liveState;
    indicator.dataset.liveState = state;
    if (state === "offline") {
      const since = indicator.querySelector("[data-live-since]");
      since.textContent = since.dataset.words.replace("{time}", care.timeWords(care.now()));
      care.announce(since.textContent);
    } else if (before === "offline" && state === "live") care.announce(care.words.backLive);
  };

  /* A part that is dear to fetch says how long it rests between two fetches: data-live-pause="1000" (milliseconds).
     The first change is told at once, those of the pause together at its end. */
  const toldAt = new Map();
  const resting = new Set();
  const announceTopic = (topic) => { toldAt.set(topic, Date.now()); htmx.trigger(document.body, `live:${topic}`); };
  const refresh = (topics) => {
    for (const topic of new Set(topics)) {
      const pause = Number(document.querySelector(`[data-live~="${CSS.escape(topic)}"][data-live-pause]`)?.dataset.livePause ?? 0);
      const wait = pause && (toldAt.get(topic) ?? 0) + pause - Date.now();
      if (wait <= 0) announceTopic(topic);
      else if (!resting.has(topic)) {
        resting.add(topic);
        setTimeout(() => { resting.delete(topic); announceTopic(topic); }, wait);
      }
    }
  };

  /* What every tab does with a message, whether it holds the stream or hears of it. */
  const take = (message) => {
    if (message.id) lastId = message.id;
    switch (message.kind) {
      case "state":
        show(message.state);
        break;
      case "change": {
        const own = new Set(ownTopics());
        refresh(message.topics.filter((topic) => own.has(topic)));
        break;
      }
      case "reset": refresh(ownTopics()); break;
      case "emergency": alarm(message); break;
      case "end": ended = true; show("offline"); document.dispatchEvent(new CustomEvent("care:lock")); break;
    }
  };
  const tell = (message) => { if (shared) channel.postMessage(message); take(message); };

  const alarm = ({ room, job, open }) => {
    const line = document.getElementById("alarm");
    line.hidden = !open;
    line.textContent = open ? line.dataset.words.replace("{room}", room).replace("{job}", job) : "";
  };

  const connect = () => {
    if (source || ended) return;
    source = new EventSource(lastId ? `${url}?after=${encodeURIComponent(lastId)}` : url);
    source.addEventListener("open", () => { pause = 1000; tell({ kind: "state", state: "live" }); });
    source.addEventListener("error", () => {
      tell({ kind: "state", state: "offline" });
      if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself, with Last-Event-ID
      disconnect();
      setTimeout(connect, pause + Math.random() * 1000);
      pause = Math.min(pause * 2, 30000);
    });
    for (const kind of ["change", "emergency", "reset"]) {
      source.addEventListener(kind, (event) => tell({ ...(event.data ? JSON.parse(event.data) : {}), kind, id: event.lastEventId }));
    }
    source.addEventListener("end", () => { disconnect(); tell({ kind: "end" }); });
  };
  const disconnect = () => { source?.close(); source = null; };

  // A tab that joins asks how things stand; the one with the stream answers.
  if (channel) channel.addEventListener("message", ({ data }) => {
    if (data.kind !== "hello") take(data);
    else if (source) {
      channel.postMessage({ kind: "state", state: source.readyState === EventSource.OPEN ? "live" : "offline" });
      if (later(lastId, data.after)) channel.postMessage({ kind: "reset" }); // told before the new tab listened
    }
  });
  document.addEventListener("care:unlocked", () => {
    if (ended) { ended = false; refresh(ownTopics()); }
    if (!shared || holding) connect();
  });

  let holding = false;
  if (shared) {
    navigator.locks.request("carewright-live", () => {
      holding = true;
      connect();
      return new Promise(() => {}); // held until this tab goes
    });
    channel.postMessage({ kind: "hello", after: lastId });
  } else {
    const bySight = () => {
      if (document.visibilityState === "visible") connect();
      else disconnect();
    };
    document.addEventListener("visibilitychange", bySight);
    bySight();
  }
  window.addEventListener("online", () => { if (!shared || holding) connect(); });
  window.addEventListener("pagehide", disconnect);
  window.addEventListener("pageshow", (event) => { if (event.persisted && (!shared || holding)) connect(); });
})();
