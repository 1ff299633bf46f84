/* Line numbers beside a text, and the way from a message to its line. Without scripts the text can be edited all the same. */
"use strict";
(() => {
  const area = document.querySelector("textarea[data-lines]");
  const numbers = document.querySelector("[data-line-numbers]");
  if (!area || !numbers) return;
  let shown = 0;
  const number = () => {
    const lines = area.value.split("\n").length;
    if (lines === shown) return;
    shown = lines;
    numbers.textContent = Array.from({ length: lines }, (_, n) => n + 1).join("\n") + "\n\n";
  };
  const follow = () => { numbers.scrollTop = area.scrollTop; };
  const goTo = (line) => {
    const before = area.value.split("\n").slice(0, line - 1).join("\n");
    const start = before.length + (line > 1 ? 1 : 0);
    const end = area.value.indexOf("\n", start);
    area.focus();
    area.setSelectionRange(start, end < 0 ? area.value.length : end);
    area.scrollTop = Math.max(0, (line - 4) * Number.parseFloat(getComputedStyle(area).lineHeight));
    follow();
  };
  area.addEventListener("input", number);
  area.addEventListener("scroll", follow);
  for (const link of document.querySelectorAll("a[data-line]"))
    link.addEventListener("click", (event) => { event.preventDefault(); goTo(Number(link.dataset.line)); });
  number();
  document.querySelector(".form-errors")?.focus();
})();
