/* The vitals form: Enter goes to the next number; a button beside a finding fills the field in; the focus is never lost. */
"use strict";
(() => {
  const field = (name) => document.getElementById(`id_${name}`);
  const set = (name, value) => { const control = field(name); if (control && value !== undefined) control.value = value; };
  const visible = (control) => control.offsetParent !== null;

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches?.(".vital .entry input")) return;
    event.preventDefault();
    const entries = [...document.querySelectorAll(".vital .entry input")].filter(visible);
    const next = entries[entries.indexOf(event.target) + 1];
    if (next) next.focus(); else document.querySelector("[form=vitals][name=onward], form#vitals .button.primary")?.focus();
  });

  /* "It is right" belongs to the number it was said of: another number, or another unit, asks anew. */
  document.addEventListener("input", (event) => {
    const row = event.target.closest?.(".vital");
    if (row) set(`${row.dataset.vital}-right`, "");
  });

  document.addEventListener("click", (event) => {
    const right = event.target.closest("[data-right]");
    if (right) set(`${right.dataset.right}-right`, "1");
    const button = event.target.closest("[data-use], [data-retype]");
    if (!button) return;
    const { use, retype, amount, unit, lower } = button.dataset;
    const control = field(use ?? retype);
    if (use) {
      set(use, amount);
      if (unit) set(`${use}-unit`, unit);
      set(`${use}-lower`, lower);
    }
    control.focus();
    if (retype) control.select();
    else control.dispatchEvent(new Event("change", { bubbles: true }));
  });

  /* A button that htmx has swapped away leaves the focus nowhere: it goes back to the field it was about. */
  document.addEventListener("htmx:afterSwap", (event) => {
    if (document.activeElement !== document.body) return;
    const row = document.getElementById(event.detail.target.id)?.closest(".vital") ?? event.detail.target.closest?.(".vital");
    row?.querySelector(".entry input")?.focus();
  });

  document.querySelector("#holds, .vitals [role=alert][tabindex]")?.focus();
})();
