// What does not fit: a page wider than its window, words that stick out of their card, a word broken in two inside a
// pill, a control that lies under something else. Returns sentences.
() => {
  const APART = "dialog:not([open]), details:not([open]) > :not(summary), .visually-hidden, [hidden]";
  const found = new Set();
  const words = (el) => el.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
  const shown = (el) => {
    const box = el.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && !el.closest(APART) && getComputedStyle(el).visibility !== "hidden";
  };
  const cut = (el) => {
    for (let parent = el; parent && parent !== document.body; parent = parent.parentElement)
      if (getComputedStyle(parent).overflowX !== "visible") return true;
    return false;
  };
  const tooWide = document.documentElement.scrollWidth - window.innerWidth;
  if (tooWide > 1) found.add(`the page is ${tooWide} px wider than its window`);

  for (const el of document.querySelectorAll("main *, .page-head *, header *")) {
    if (![...el.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()) || !shown(el)) continue;
    const card = el.closest(".card, dialog, header, .page-head");
    if (!card || cut(el)) continue;
    const [inner, outer] = [el.getBoundingClientRect(), card.getBoundingClientRect()];
    const out = Math.round(Math.max(inner.right - outer.right, outer.left - inner.left));
    if (out > 1) found.add(`"${words(el)}" sticks out by ${out} px`);
  }

  const range = document.createRange();
  for (const el of document.querySelectorAll("main :is(.pill, .flag, .tag)")) {
    if (!shown(el)) continue;
    for (const node of el.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE) continue;
      for (const word of node.data.matchAll(/[\p{L}\d]{1,14}/gu)) {
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
        if (lines.size > 1) found.add(`"${word[0]}" is broken in two`);
      }
    }
  }

  for (const el of document.querySelectorAll("main :is(button, a.button, select, input:not([type=hidden]))")) {
    if (!shown(el)) continue;
    const box = el.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) continue;
    const above = document.elementFromPoint(x, y);
    const other = above && !el.contains(above) && !above.contains(el) && !above.closest("label");
    if (other && main(above) && getComputedStyle(above).position === "static")
      found.add(`"${words(el) || el.name}" lies under "${words(above)}"`);
  }
  return [...found];

  function main(el) {
    return el.closest("main") && !el.closest("dialog[open]");
  }
}
