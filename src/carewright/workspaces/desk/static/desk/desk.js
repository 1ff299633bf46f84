/* The front desk: its one dialog, the filter that goes by itself, a time that is not on the list. */
"use strict";
(() => {
  const dialog = document.getElementById("desk-dialog");
  if (!dialog) return;
  const body = document.getElementById("desk-dialog-body");
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "desk-dialog-body") return;
    if (!dialog.open) dialog.showModal();
    (dialog.querySelector("[data-first]") ?? dialog.querySelector(".form-errors, input:not([type=hidden]), select, button"))?.focus();
  });
  document.body.addEventListener("desk:changed", (event) => { if (event.detail?.close && dialog.open) dialog.close(); });
  dialog.addEventListener("close", () => body.replaceChildren());
  document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
    if (event.target.matches("#desk-day-input")) event.target.form.requestSubmit();
  });
})();
