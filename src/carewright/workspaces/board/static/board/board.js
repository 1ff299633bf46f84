/* The flow board: rows that changed are put where they belong, waits go on by themselves, filters do not reload.

   The page asks /board/changes?since=<position> when it hears of a change (or did something itself) and gets the rows
   of the patients concerned. What stands in a dialog is never touched by that; a focused control stays focused. */
"use strict";
(() => {
  const board = document.getElementById("board");
  if (!board) return;
  const dialog = document.getElementById("board-dialog");
  const rail = document.getElementById("board-rail");
  const MINUTE = 60000;
  const QUIET_MS = 1000;
  const ASK_ANYWAY_MS = 60000; // a stream that is silent for want of a server still finds out

  const words = (minutes) => {
    const [h, m] = [Math.floor(minutes / 60), minutes % 60];
    return (h ? board.dataset.hours : board.dataset.minutes).replace("{h}", h).replace("{m}", m);
  };
  const rows = () => [...board.querySelectorAll("tbody tr[id]")];
  const write = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };

  const tick = () => {
    const now = care.now().getTime();
    for (const row of rows()) {
      const minutes = Math.floor((now - Number(row.dataset.since)) / MINUTE);
      const level = minutes >= Number(row.dataset.over) ? "critical" : minutes >= Number(row.dataset.warn) ? "warn" : "plain";
      const wait = row.querySelector(".wait");
      const expected = row.dataset.in === "expected";
      const apart = minutes === 0 ? board.dataset.now : board.dataset[minutes > 0 ? "late" : "in"].replace("{time}", words(Math.abs(minutes)));
      const text = expected ? apart : words(Math.max(0, minutes));
      write(wait.querySelector("[data-minutes]"), text);
      for (const name of ["plain", "warn", "critical"]) {
        row.classList.toggle(`late-${name}`, name === level);
        wait.classList.toggle(`wait-${name}`, name === level);
      }
      for (const running of row.querySelectorAll("[data-due]")) {
        const left = Math.ceil((Number(running.dataset.due) * 1000 - now) / MINUTE);
        running.classList.toggle("is-due", left <= 0);
        const late = left === 0 ? board.dataset.now : board.dataset.late.replace("{time}", words(-left));
        write(running.querySelector("[data-left]"), left > 0 ? words(left) : late);
      }
    }
    count();
  };

  const place = (row) => {
    const body = document.getElementById(`g-${row.dataset.in}`);
    const key = (other) => [Number(other.dataset.rank), Number(other.dataset.since), other.id];
    const before = (a, b) => { for (let i = 0; i < 3; i += 1) if (a[i] !== b[i]) return a[i] < b[i]; return false; };
    const next = [...body.querySelectorAll("tr[id]")].find((other) => before(key(row), key(other)));
    body.insertBefore(row, next ?? null);
  };

  /* Counts, empty groups, and the filled Room buttons: as many as there are clean rooms. */
  const count = () => {
    const all = rows();
    const shown = all.filter((row) => !row.classList.contains("of-other"));
    for (const body of board.querySelectorAll("tbody")) {
      const own = body.querySelectorAll("tr[id]:not(.of-other)").length;
      body.hidden = own === 0;
      write(body.querySelector("[data-count]"), String(own));
    }
    const counts = {
      "": shown.filter((row) => row.dataset.in !== "expected").length,
      ma: shown.filter((row) => row.dataset.in === "ma").length,
      waiting: shown.filter((row) => ["mask", "waiting"].includes(row.dataset.in)).length,
      provider: shown.filter((row) => row.dataset.in === "provider").length,
      late: shown.filter((row) => !row.classList.contains("late-plain")).length,
    };
    for (const chip of document.querySelectorAll("a.chip[data-show]")) write(chip.querySelector("b"), String(counts[chip.dataset.show]));
    const free = Number(rail.querySelector("[data-free]")?.dataset.free ?? 0);
    write(document.querySelector("[data-free-count]"), String(free));
    [...board.querySelectorAll("[data-room-button]")].forEach((button, index) => button.classList.toggle("primary", index < free));
    document.getElementById("board-nobody").hidden = all.length > 0;
    document.getElementById("board-none-shown").hidden = all.length === 0 || all.some((row) => row.checkVisibility?.() ?? true);
  };

  /* Put the rows where they belong; whether anything on this page is another than before. */
  const apply = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const about = page.getElementById("board-changes");
    const template = page.getElementById("board-changed-rows");
    if (!about || !template) return false;
    let touched = about.dataset.rooms === "1";
    const whole = about.dataset.whole === "1";
    const concerned = new Set(about.dataset.patients.split(" "));
    const focused = document.activeElement?.closest?.("#board tr[id]") && { row: document.activeElement.closest("tr[id]"), control: document.activeElement.dataset.focus };
    const fresh = new Map([...template.content.querySelectorAll("tr[id]")].map((row) => [row.id, row]));
    for (const old of rows()) if (!fresh.has(old.id) && (whole || concerned.has(old.dataset.patient))) { old.remove(); touched = true; }
    for (const [id, row] of fresh) {
      const old = document.getElementById(id);
      const made = document.importNode(row, true);
      if (old && old.outerHTML === made.outerHTML) continue;
      touched = true;
      old?.remove();
      place(made);
      htmx.process(made);
      made.classList.add("is-new");
      setTimeout(() => made.classList.remove("is-new"), 4000);
    }
    board.dataset.since = about.dataset.since;
    if (!touched) return false;
    const said = [...about.querySelectorAll("[data-say]")].map((line) => line.textContent);
    if (said.length) document.getElementById("board-live").textContent = said.join(". ");
    byProvider();
    tick();
    if (focused) {
      const back = document.getElementById(focused.row.id) ?? [...board.querySelectorAll("tr[data-patient]")].find((row) => row.dataset.patient === focused.row.dataset.patient);
      if (document.activeElement === document.body) (back?.querySelector(`[data-focus="${focused.control}"]`) ?? back?.querySelector("button, a"))?.focus();
    }
    htmx.trigger(document.body, "board:rail");
    return true;
  };

  /* Changes of others' patients (an import, another site) wake this page, too: after an answer that held nothing for
     it, it waits a moment before it asks again. What is pressed here is asked for at once. */
  let asking = false;
  let again = false;
  let notBefore = 0;
  let timer = 0;
  const ask = async ({ now = false } = {}) => {
    if (asking) { again = true; return; }
    clearTimeout(timer);
    const wait = now ? 0 : notBefore - Date.now();
    if (wait > 0) { timer = setTimeout(ask, wait); return; }
    asking = true;
    try {
      const answer = await fetch(`${board.dataset.changes}?since=${encodeURIComponent(board.dataset.since)}`, { headers: { "HX-Request": "true" } });
      if (answer.status === 423) document.dispatchEvent(new CustomEvent("care:lock"));
      const touched = answer.status === 200 && apply(await answer.text());
      if (touched) again = true; // what came while it was drawn
      notBefore = touched ? 0 : Date.now() + QUIET_MS;
    } catch { /* offline: the stream says so, and asks again when it is back */ }
    asking = false;
    if (again) { again = false; ask(); }
  };

  document.body.addEventListener("live:board", ask);
  document.body.addEventListener("board:changed", (event) => { if (event.detail?.close && dialog.open) dialog.close(); ask({ now: true }); });
  window.addEventListener("online", ask);
  document.addEventListener("care:unlocked", ask);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") ask(); });
  setInterval(() => { if (document.visibilityState === "visible") ask(); }, ASK_ANYWAY_MS);
  setInterval(tick, 10000);

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === rail) count();
    if (event.detail.target.id !== "board-dialog-body") return;
    if (!dialog.open) dialog.showModal();
    (dialog.querySelector("[data-first]") ?? dialog.querySelector("button, a"))?.focus();
  });
  dialog.addEventListener("close", () => document.getElementById("board-dialog-body").replaceChildren());

  const chips = [...document.querySelectorAll("a.chip[data-show]")];
  for (const chip of chips) chip.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    board.dataset.show = chip.dataset.show;
    for (const other of chips) { if (other === chip) other.setAttribute("aria-current", "true"); else other.removeAttribute("aria-current"); }
    history.replaceState(null, "", chip.href);
    count();
  });
  const provider = document.getElementById("board-provider");
  const byProvider = () => { for (const row of rows()) row.classList.toggle("of-other", Boolean(provider?.value) && row.dataset.provider !== provider.value); };
  provider?.addEventListener("change", () => { byProvider(); count(); });
  const railButton = document.querySelector("[data-rail]");
  railButton?.addEventListener("click", () => railButton.setAttribute("aria-expanded", String(rail.classList.toggle("is-open"))));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && rail.classList.contains("is-open") && !dialog.open) { rail.classList.remove("is-open"); railButton.setAttribute("aria-expanded", "false"); railButton.focus(); }
  });
  tick();
})();
