/* Drafts: what is typed into a form with data-draft="URL" reaches the server within two seconds.
   Passwords and files are left out. The answer is {"saved_at": instant} or, not saved, {"message": words}. */
"use strict";
(() => {
  const QUIET_MS = 700; // after the last key …
  const LONGEST_MS = 1800; // … or this long after the first one that is not saved yet
  const RETRY_MS = 5000;

  const start = (form) => {
    if (form.draft) return;
    const status = document.querySelector(`[data-draft-status="${form.id}"]`) ?? form.querySelector("[data-draft-status]");
    const draft = (form.draft = { unsaved: false, failed: false, since: 0, timer: 0, sending: false, number: 0 });

    const say = (text, state) => {
      if (!status) return;
      status.textContent = text;
      status.dataset.state = state;
      if (state === "failed") care.announce(text);
    };
    const values = () => {
      const data = new FormData(form);
      for (const field of form.elements) if (["password", "file"].includes(field.type)) data.delete(field.name);
      return data;
    };
    const plan = (ms) => { clearTimeout(draft.timer); draft.timer = setTimeout(save, ms); };
    const save = async ({ leaving = false } = {}) => {
      clearTimeout(draft.timer);
      // Leaving the page ends what is under way: it is sent once more, so that it outlives the page.
      if (leaving ? !draft.unsaved && !draft.sending : !draft.unsaved || draft.sending) return;
      draft.unsaved = false;
      draft.since = 0;
      draft.sending = !leaving;
      say(care.words.saving, "saving");
      const response = await care.post(form.dataset.draft, values(), { keepalive: leaving });
      draft.sending = false;
      if (response?.status === 423) document.dispatchEvent(new CustomEvent("care:lock"));
      draft.failed = !response?.ok;
      if (response?.ok) {
        const { saved_at: at } = await response.json().catch(() => ({}));
        if (!draft.unsaved) say(care.words.saved.replace("{time}", care.timeWords(at ? new Date(at) : care.now())), "saved");
        if (draft.unsaved) plan(QUIET_MS);
        return;
      }
      draft.unsaved = true;
      const { message } = (await response?.json().catch(() => ({}))) ?? {};
      say(message ?? care.words.notSaved, "failed");
      plan(RETRY_MS);
    };
    draft.save = save;

    const typed = () => {
      draft.unsaved = true;
      draft.since ||= Date.now();
      plan(Math.max(0, Math.min(QUIET_MS, LONGEST_MS - (Date.now() - draft.since))));
    };
    // Drafts and the form itself may overtake each other: what was sent later the server tells by its number.
    form.addEventListener("formdata", ({ formData }) => {
      draft.number = Math.max(draft.number + 1, Date.now());
      formData.set("care_number", draft.number);
    });
    form.addEventListener("input", typed);
    form.addEventListener("change", typed);
    form.addEventListener("submit", () => { draft.unsaved = false; clearTimeout(draft.timer); });
  };

  const forms = () => [...document.querySelectorAll("form[data-draft]")];
  const startAll = () => forms().forEach(start);
  startAll();
  document.addEventListener("htmx:load", startAll);
  for (const event of ["online", "care:unlocked"]) (event === "online" ? window : document).addEventListener(event, () => forms().forEach((form) => form.draft?.save()));
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") forms().forEach((form) => form.draft?.save({ leaving: true })); });
  window.addEventListener("beforeunload", (event) => {
    const waiting = forms().filter((form) => form.draft?.unsaved || form.draft?.sending);
    waiting.forEach((form) => form.draft.save({ leaving: true }));
    if (waiting.some((form) => form.draft.failed)) event.preventDefault(); // the last one was not saved: ask before leaving
  });
})();
