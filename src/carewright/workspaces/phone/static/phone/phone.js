/* A call while it is taken: what was typed is shown back in the words to say, and the focus goes where it is needed. */
"use strict";
(() => {
  const form = document.getElementById("call");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name);
  const showBack = () => {
    for (const said of form.querySelectorAll("[data-said]")) {
      said.textContent = field(said.dataset.said).value.trim() || said.dataset.empty;
    }
  };
  const askNext = () => {
    const next = ["number", "place", "said_name"].map(field).find((input) => input && !input.value.trim());
    next?.focus();
  };
  form.addEventListener("input", showBack);
  form.addEventListener("htmx:afterSwap", ({ detail }) => {
    showBack();
    if (detail.target.id === "emergency-part") askNext();
  });
  // Who presses before the scripts are there gets a whole page instead of its part.
  if (form.querySelector("#emergency-part .say-words")) askNext();
  // Enter in a field of the name looks for the patient; in any other it does not end the call.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input:not([type=radio])")) return;
    event.preventDefault();
    if (event.target.name.startsWith("said_")) form.querySelector("#who button[formaction]")?.click();
  });
})();
