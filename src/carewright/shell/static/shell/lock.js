/* The idle lock: a dialog over the page, which stays as it is below – text, focus and selection come back.
   Never while a measurement runs (an element with data-measuring), and for all tabs of the browser together.

   POST lock → locked on the server. POST unlock with `pin` → 204; 403 wrong PIN; 401 or 410 the sign-on is over.
   POST touch, at most once a minute, tells the server that somebody is at work here. 423 from anything locks. */
"use strict";
(() => {
  const dialog = document.getElementById("lock");
  if (!dialog) return;
  const { idleSeconds, lockUrl, unlockUrl, touchUrl, wrong, ended, notReached } = dialog.dataset;
  const pin = dialog.querySelector("input");
  const note = dialog.querySelector(".lock-note");
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("carewright-lock") : null;
  const TOUCH_MS = 60000;
  const TELL_MS = 5000;
  const LATE_MS = 15000;
  let lastInput = Date.now();
  let lastTold = 0;
  let lastTouch = Date.now();
  let unlockedAt = -Infinity;
  let place = null;

  const measuring = () => Boolean(document.querySelector('[data-measuring]:not([data-measuring="off"])'));

  const remember = () => {
    const element = document.activeElement;
    const selection = "selectionStart" in (element ?? {}) ? [element.selectionStart, element.selectionEnd, element.selectionDirection] : null;
    return { element, selection, top: window.scrollY };
  };
  const giveBack = () => {
    if (!place) return;
    window.scrollTo({ top: place.top, behavior: "instant" });
    // A live update may have put another element in its place: then the one with the same id.
    const element = place.element?.isConnected ? place.element : document.getElementById(place.element?.id);
    element?.focus({ preventScroll: true });
    if (place.selection?.[0] != null) element?.setSelectionRange?.(...place.selection);
    place = null;
  };

  const show = () => {
    if (dialog.open) return;
    place = remember();
    note.textContent = "";
    document.body.classList.add("is-locked");
    dialog.showModal();
    pin.focus();
  };
  const hide = () => {
    if (!dialog.open) return;
    pin.value = "";
    dialog.close();
    document.body.classList.remove("is-locked");
    lastInput = lastTouch = unlockedAt = Date.now();
    giveBack();
    document.dispatchEvent(new CustomEvent("care:unlocked"));
  };
  const lock = ({ here = true } = {}) => {
    if (dialog.open) return;
    show(); // first on the screen, then on the server
    if (!here) return;
    channel?.postMessage("lock");
    care.post(lockUrl, new FormData());
  };

  const unlock = async () => {
    const body = new FormData();
    body.append("pin", pin.value);
    const response = await care.post(unlockUrl, body);
    if (response?.ok) {
      channel?.postMessage("unlock");
      hide();
      return;
    }
    const over = response && (response.status === 401 || response.status === 410 || response.type === "opaqueredirect");
    note.textContent = !response ? notReached : over ? ended : wrong;
    pin.value = "";
    pin.focus();
  };

  const used = () => {
    if (dialog.open) return;
    const now = Date.now();
    if (now - lastInput > idleSeconds * 1000 && !measuring()) return check(); // it slept: no key may wake it past the lock
    lastInput = now;
    if (now - lastTold > TELL_MS) { lastTold = now; channel?.postMessage("used"); }
  };
  const check = () => {
    if (dialog.open) return;
    const now = Date.now();
    if (measuring()) lastInput = now;
    if (now - lastInput >= idleSeconds * 1000) lock();
    else if (touchUrl && now - lastTouch >= TOUCH_MS && now - lastInput < TOUCH_MS) { lastTouch = now; care.post(touchUrl, new FormData()); }
  };

  for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"]) window.addEventListener(kind, used, { passive: true, capture: true });
  document.addEventListener("visibilitychange", check);
  setInterval(check, 1000);
  document.addEventListener("click", (event) => { if (event.target.closest("[data-lock-now]")) lock(); });
  /* The server said "locked". Shortly after an unlock that may be late news, of a request or a stream from before it:
     then it is asked how things stand, and what the news has stopped goes on. */
  document.addEventListener("care:lock", async () => {
    if (touchUrl && Date.now() - unlockedAt < LATE_MS && (await care.post(touchUrl, new FormData()))?.ok) document.dispatchEvent(new CustomEvent("care:unlocked"));
    else lock({ here: false });
  });
  channel?.addEventListener("message", ({ data }) => {
    if (data === "lock") show();
    if (data === "unlock") hide();
    if (data === "used") lastInput = Date.now();
  });
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => { if (document.body.classList.contains("is-locked")) dialog.showModal(); });
  dialog.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); unlock(); });
})();
