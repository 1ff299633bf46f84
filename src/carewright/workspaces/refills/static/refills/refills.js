/* A page that followed the last answer by itself: its yes waits a moment, so that a key pressed twice answers one request. */
"use strict";
(() => {
  const SETTLE_MS = 800;
  for (const button of document.querySelectorAll("[data-settle]")) {
    button.disabled = true;
    setTimeout(() => { button.disabled = false; }, SETTLE_MS);
  }
})();
