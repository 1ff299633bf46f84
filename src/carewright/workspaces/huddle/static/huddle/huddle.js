/* The huddle: lines that changed are put where they belong, counts go on by themselves, the provider filter does not
   reload. The page asks /huddle/changes?since=<position> when it hears of a change or did something itself. */
"use strict";
(() => {
  const huddle = document.getElementById("huddle");
  if (!huddle) return;
  const dialog = document.getElementById("huddle-dialog");
  const provider = document.getElementById("huddle-provider");
  const print = document.getElementById("huddle-print");
  const QUIET_MS = 1000;
  const ASK_ANYWAY_MS = 60000; // a stream that is silent for want of a server still finds out
  const rows = (within = huddle) => [...within.querySelectorAll("tbody tr[id]")];
  const write = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };

  const count = () => {
    for (const body of huddle.querySelectorAll("tbody")) {
      const own = [...body.querySelectorAll("tr[id]")];
      write(body.querySelector("[data-ready]"), String(own.filter((row) => row.dataset.isReady === "1").length));
      write(body.querySelector("[data-total]"), String(own.length));
      body.classList.toggle("of-other", own.length === 0 || Boolean(provider?.value) && ![body.dataset.provider, body.dataset.pod].includes(provider.value));
    }
    const shown = rows().filter((row) => !row.closest("tbody").classList.contains("of-other"));
    const ready = shown.filter((row) => row.dataset.isReady === "1").length;
    write(document.querySelector(".huddle-ready [data-ready]"), String(ready));
    write(document.querySelector(".huddle-ready [data-total]"), String(shown.length));
    const progress = document.getElementById("huddle-progress");
    progress.max = Math.max(1, shown.length);
    progress.value = ready;
  };

  const filter = () => {
    count();
    const url = new URL(print.href);
    if (provider?.value) url.searchParams.set("provider", provider.value); else url.searchParams.delete("provider");
    print.href = url.href;
  };

  const place = (row) => {
    const body = [...huddle.querySelectorAll("tbody")].find((one) => one.dataset.provider === row.dataset.provider);
    if (!body) return false;
    const later = (other) => Number(other.dataset.at) > Number(row.dataset.at) || (other.dataset.at === row.dataset.at && other.id > row.id);
    body.insertBefore(row, [...body.querySelectorAll("tr[id]")].find(later) ?? null);
    return true;
  };

  /* Put the lines where they belong. A provider who was not there before needs the whole page. */
  const apply = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    const about = page.getElementById("huddle-changes");
    const template = page.getElementById("huddle-changed-rows");
    if (!about || !template) return false;
    const whole = about.dataset.whole === "1";
    const concerned = new Set(about.dataset.patients.split(" "));
    const focused = document.activeElement?.closest?.("#huddle tr[id]") && { id: document.activeElement.closest("tr[id]").id, control: document.activeElement.dataset.focus };
    const fresh = new Map([...template.content.querySelectorAll("tr[id]")].map((row) => [row.id, row]));
    let touched = false;
    for (const old of rows()) if (!fresh.has(old.id) && (whole || concerned.has(old.dataset.patient))) { old.remove(); touched = true; }
    for (const [id, row] of fresh) {
      const old = document.getElementById(id);
      const made = document.importNode(row, true);
      if (old && old.outerHTML === made.outerHTML) continue;
      touched = true;
      if (old && old.dataset.provider === made.dataset.provider && old.dataset.at === made.dataset.at) old.replaceWith(made);
      else { old?.remove(); if (!place(made)) { location.reload(); return true; } }
      htmx.process(made);
      made.classList.add("is-new");
      setTimeout(() => made.classList.remove("is-new"), 4000);
    }
    huddle.dataset.since = about.dataset.since;
    if (!touched) return false;
    count();
    document.getElementById("huddle-live").textContent = document.querySelector(".huddle-ready span").textContent;
    if (focused && document.activeElement === document.body) {
      const back = document.getElementById(focused.id);
      (back?.querySelector(`[data-focus="${focused.control}"]`) ?? back?.querySelector("button"))?.focus();
    }
    return true;
  };

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
      const address = `${huddle.dataset.changes}?day=${huddle.dataset.day}&since=${encodeURIComponent(huddle.dataset.since)}`;
      const answer = await fetch(address, { headers: { "HX-Request": "true" } });
      if (answer.status === 423) document.dispatchEvent(new CustomEvent("care:lock"));
      const touched = answer.status === 200 && apply(await answer.text());
      if (touched) again = true; // what came while it was drawn
      notBefore = touched ? 0 : Date.now() + QUIET_MS;
    } catch { /* offline: the stream says so, and asks again when it is back */ }
    asking = false;
    if (again) { again = false; ask(); }
  };

  document.body.addEventListener("live:huddle", ask);
  document.body.addEventListener("huddle:changed", () => {
    ask({ now: true });
    if (dialog.open) htmx.trigger("#huddle-dialog-body", "huddle:line");
  });
  window.addEventListener("online", ask);
  document.addEventListener("care:unlocked", ask);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") ask(); });
  setInterval(() => { if (document.visibilityState === "visible") ask(); }, ASK_ANYWAY_MS);

  let shownLine = "";
  document.addEventListener("htmx:configRequest", (event) => { if (event.detail.target?.id === "huddle-dialog-body") shownLine = event.detail.path; });
  document.getElementById("huddle-dialog-body").addEventListener("huddle:line", () => { if (shownLine) htmx.ajax("GET", shownLine, { target: "#huddle-dialog-body" }); });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "huddle-dialog-body") return;
    const opening = !dialog.open;
    if (opening) dialog.showModal();
    if (opening || document.activeElement === document.body) dialog.querySelector("button, a")?.focus();
  });
  dialog.addEventListener("close", () => document.getElementById("huddle-dialog-body").replaceChildren());
  provider?.addEventListener("change", filter);
  document.getElementById("huddle-day-input")?.addEventListener("change", (event) => event.target.form.requestSubmit());
  filter();
})();
