/* What every page does: the product's clock, announcements, toasts, dialogs, the CSRF header, htmx's errors.
   `care` is the one global name; live.js, drafts.js, lock.js and keys.js build on it. */
"use strict";
const care = (() => {
  const words = document.getElementById("words")?.dataset ?? {};
  const { now, zone, hours } = document.body.dataset;
  const clockAhead = now ? new Date(now) - Date.now() : 0; // the demonstration day runs on its own clock

  const timeWords = (date) =>
    new Intl.DateTimeFormat("en-US", {
      hour: hours === "24" ? "2-digit" : "numeric", minute: "2-digit", hour12: hours !== "24", timeZone: zone,
    }).format(date).replace(/\s/g, " ");

  const announcer = document.getElementById("announcer");
  let pending = [];
  const announce = (text) => {
    if (!text || !announcer) return;
    pending.push(text.trim());
    if (pending.length > 1) return;
    setTimeout(() => { announcer.textContent = pending.join(" "); pending = []; }, 150);
  };

  const toast = ({ text, level = "info" }) => {
    const box = document.createElement("div");
    box.className = `toast tint-${level}`;
    const line = document.createElement("p");
    line.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", words.close);
    close.addEventListener("click", () => box.remove());
    box.append(line, close);
    document.getElementById("toasts").append(box);
    announce(text);
    // What went wrong stays until it is closed; the rest goes when neither pointer nor focus is on it.
    if (level === "critical" || level === "warn") return;
    const leave = () => (box.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : box.remove());
    setTimeout(leave, 8000);
  };

  const csrf = () => document.cookie.match(/(?:^|; )care_csrf=([^;]*)/)?.[1] ?? "";
  /* A POST of form data. Never throws: `response` is null where the server was not reached. */
  const post = async (url, body, options = {}) => {
    try {
      return await fetch(url, {
        method: "POST", body, redirect: "manual", headers: { "X-CSRFToken": csrf(), "X-Requested-With": "fetch" }, ...options,
      });
    } catch {
      return null;
    }
  };

  const open = (id) => {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open || document.getElementById("lock")?.open) return;
    dialog.showModal();
    dialog.dispatchEvent(new CustomEvent("care:opened", { bubbles: true }));
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-open], [data-close]");
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target) || target) menu.open = false;
    }
    if (target?.dataset.open) open(target.dataset.open);
    if (target?.hasAttribute("data-close")) target.closest("dialog").close();
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  document.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-CSRFToken"] = csrf(); });
  /* A live list may replace a button while its request is on the way; what the answer then says (done, refused, locked)
     would be dispatched outside the page and be lost. The button is taken back, unseen, until the answer is dealt with. */
  document.addEventListener("htmx:beforeSend", ({ detail: { elt, xhr } }) => {
    xhr.addEventListener("readystatechange", () => {
      if (xhr.readyState !== XMLHttpRequest.DONE || elt.isConnected) return;
      const aside = document.createElement("div");
      aside.hidden = true;
      aside.append(elt);
      document.body.append(aside);
      xhr.addEventListener("loadend", () => aside.remove());
    });
  });
  document.addEventListener("htmx:sendError", () => toast({ text: words.notReached, level: "critical" }));
  document.addEventListener("htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    if (status === 423) document.dispatchEvent(new CustomEvent("care:lock"));
    else toast({ text: words.wentWrong, level: "critical" });
  });
  document.addEventListener("htmx:load", (event) => {
    if (event.detail.elt === document.body) return; // the page itself: it is read from the top
    for (const notice of event.detail.elt.querySelectorAll?.("[data-announce]") ?? []) announce(notice.querySelector("p")?.textContent);
  });
  document.addEventListener("care:toast", (event) => toast(event.detail));

  const clock = document.querySelector("[data-clock]");
  if (clock) setInterval(() => { clock.textContent = timeWords(new Date(Date.now() + clockAhead)); }, 5000);
  document.querySelector(".form-errors")?.focus();

  return { words, announce, toast, post, open, timeWords, now: () => new Date(Date.now() + clockAhead) };
})();
