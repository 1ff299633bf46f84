/* A thread counts as read when its words were on a screen that somebody can see: not in a hidden tab, not behind the
   lock. What was shown (`turns`) is what counts as read. */
"use strict";
(() => {
  const look = () => {
    const form = document.querySelector("form[data-see]:not([data-told])");
    if (!form || document.visibilityState !== "visible" || document.getElementById("lock")?.open) return;
    form.dataset.told = "yes";
    htmx.trigger(form, "shown");
  };
  // The page may have been drawn before its event stream was open: the count in the bar asks again by itself.
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.matches?.("form[data-see]") && event.detail.successful) htmx.trigger(document.body, "live:messages");
  });
  addEventListener("load", look);
  addEventListener("focus", look);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("htmx:afterSettle", look);
})();
