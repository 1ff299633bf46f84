/* Calls for help on every screen of the site: shown above all else, also above the lock; never takes the focus. */
"use strict";
(() => {
  const box = document.getElementById("alarms");
  if (!box) return;
  const dialog = document.getElementById("emergency");

  /* The live feed says when to look. Where it is silent – offline, locked, not served – the page looks by itself. */
  const LOOK_MS = { live: 60000, silent: 5000, none: 1000 };
  const live = document.querySelector("[data-live-state]");
  let looked = Date.now();
  const pause = () => {
    if (!live) return LOOK_MS.none;
    return live.dataset.liveState === "live" && !document.body.classList.contains("is-locked") ? LOOK_MS.live : LOOK_MS.silent;
  };
  setInterval(() => {
    if (Date.now() - looked < pause() - 50) return;
    looked = Date.now();
    htmx.trigger(box, "look");
  }, LOOK_MS.none);

  const makeRoom = () => {
    const height = box.matches(":popover-open") ? box.offsetHeight : 0;
    document.body.classList.toggle("has-alarm", height > 0);
    document.body.style.setProperty("--alarm-height", `${height}px`);
  };
  window.addEventListener("resize", makeRoom);

  const show = ({ again = false } = {}) => {
    const wanted = Boolean(box.querySelector(".alarm-call"));
    const shown = box.matches(":popover-open");
    if (shown && (!wanted || again)) box.hidePopover();
    if (wanted && (!shown || again)) box.showPopover();
    makeRoom();
  };

  document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.target === box) show(); });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.closest?.("#emergency") && event.detail.successful) dialog.close();
  });
  // What is opened last lies on top: a dialog that opens now must not cover a call.
  const lock = document.getElementById("lock");
  if (lock) new MutationObserver(() => show({ again: true })).observe(lock, { attributes: true, attributeFilter: ["open"] });
})();
