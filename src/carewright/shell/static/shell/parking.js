/* A STAT while somebody types: before the page is left, what is typed goes to the server and the field is named; back
   on the page, the same field has the focus, with the cursor behind what was typed.

   A form with data-park carries `path` and `field`. Alt+T leads to the first STAT's button, also while typing. */
"use strict";
(() => {
  const CONTROLS = "main :is(input:not([type=hidden]), textarea, select, button, a)";
  let field = "";
  document.addEventListener("focusin", (event) => {
    if (event.target.closest?.("main")) field = event.target.matches(CONTROLS) ? event.target.id : "";
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-park]");
    if (!form || form.dataset.ready) return;
    event.preventDefault();
    form.dataset.ready = "yes";
    form.elements.path.value = location.pathname;
    form.elements.field.value = field;
    await Promise.all([...document.querySelectorAll("form[data-draft]")].map((typed) => typed.draft?.save({ leaving: true })));
    form.submit();
  });

  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.code !== "KeyT") return;
    const button = document.querySelector("form[data-park] button");
    if (!button) return;
    event.preventDefault();
    button.focus();
  });

  const back = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  if (back?.matches(CONTROLS)) {
    back.focus();
    if (back.selectionStart != null) back.setSelectionRange(back.value.length, back.value.length);
  }

  // One new task from any page: the form opens over it, about the patient whose page it is.
  const dialog = document.getElementById("quick-add");
  document.addEventListener("htmx:configRequest", (event) => {
    const about = document.querySelector("[data-patient-page]");
    if (event.detail.elt.id === "quick-add-open" && about) event.detail.parameters.patient = about.dataset.patientPage;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "quick-add-body") return;
    if (!dialog.open) dialog.showModal();
    (dialog.querySelector(".form-errors") ?? dialog.querySelector("input:not([type=hidden])"))?.focus();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (dialog?.open && event.detail.successful && event.detail.xhr.status === 204 && event.detail.elt.closest?.("#quick-add")) dialog.close();
  });
})();
