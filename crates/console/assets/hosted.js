// Asks for progress and puts it in place. Without it, the page reloads itself.
(() => {
  "use strict";
  const box = document.querySelector("[data-live]");
  if (!box) return;
  let wait = 300;
  const ask = async () => {
    try {
      const answer = await fetch(location.href, { headers: { "x-partial": "progress" }, cache: "no-store", redirect: "manual" });
      const next = answer.headers.get("x-continue");
      if (next) { location.replace(next); return; }
      if (answer.type === "opaqueredirect" || answer.headers.get("x-whole") || !answer.ok) { location.reload(); return; }
      const html = await answer.text();
      if (html && html !== box.dataset.last) { box.innerHTML = html; box.dataset.last = html; }
      wait = 300;
    } catch { wait = Math.min(wait * 2, 15000); }
    setTimeout(ask, document.hidden ? Math.max(wait, 4000) : wait);
  };
  setTimeout(ask, wait);
})();
