/* Next for you: who worked with the keyboard stays in the list when a task leaves it; what is open stays open. */
"use strict";
(() => {
  const list = document.getElementById("worklist");
  if (!list) return;
  let inside = false;
  let open = false;
  list.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== list) return;
    inside = list.contains(document.activeElement);
    open = Boolean(list.querySelector("#waiting")?.open);
  });
  list.addEventListener("htmx:afterSettle", () => {
    const waiting = list.querySelector("#waiting");
    if (waiting && open) waiting.open = true;
    if (inside && document.activeElement === document.body) (list.querySelector(".next-do button") ?? list.querySelector("a, button"))?.focus();
  });
})();
