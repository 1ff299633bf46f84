/* Keyboard shortcuts. An element offers one by data-key="/" or data-key="g b" (g, then b) and explains it by
   data-key-words; `?` lists those of this page. Single letters can be switched off (WCAG 2.1.4), and never act
   while somebody types. */
"use strict";
(() => {
  const switchBox = document.getElementById("shortcuts-on");
  if (!switchBox) return;
  const STORED = "carewright-shortcuts-off";
  const CHORD_MS = 1500;
  let first = "";
  let timer = 0;

  switchBox.checked = localStorage.getItem(STORED) === null;
  switchBox.addEventListener("change", () => {
    if (switchBox.checked) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, "1");
  });

  // What the person's own menu offers counts while the menu is shut.
  const offered = () => [...document.querySelectorAll("[data-key]")].filter((element) => element.closest(".menu") || (element.checkVisibility?.() ?? true));

  document.addEventListener("care:opened", (event) => {
    if (event.target.id !== "shortcuts") return;
    const list = document.getElementById("shortcut-list");
    list.querySelectorAll(".of-page").forEach((row) => row.remove());
    for (const element of offered()) {
      const row = document.createElement("div");
      row.className = "of-page";
      const keys = document.createElement("dt");
      element.dataset.key.split(" ").forEach((key, index) => {
        const shown = document.createElement("kbd");
        shown.textContent = key;
        keys.append(index ? " " : "", shown);
      });
      const words = document.createElement("dd");
      words.textContent = element.dataset.keyWords;
      row.append(keys, words);
      list.append(row);
    }
  });

  // The browser leaves the focus in a dialog that was closed until it next draws the page: nobody types there.
  const typing = (element) =>
    element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") && !element.closest("dialog:not([open])");
  document.addEventListener("keydown", (event) => {
    if (!switchBox.checked || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const pressed = first ? `${first} ${event.key}` : event.key;
    clearTimeout(timer);
    first = "";
    const found = offered().find((element) => element.dataset.key === pressed);
    if (pressed === "?") care.open("shortcuts");
    else if (found?.matches("input, textarea, select")) { found.focus(); found.select?.(); }
    else if (found) found.click();
    else if (offered().some((element) => element.dataset.key.startsWith(`${pressed} `))) {
      first = pressed;
      timer = setTimeout(() => { first = ""; }, CHORD_MS);
    } else return;
    event.preventDefault();
  });
})();
