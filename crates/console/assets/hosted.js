// Asks for news and puts it in place. Without it, the pages reload themselves.
(() => {
  "use strict";

  const ask = () => fetch(location.href, { headers: { "x-partial": "progress" }, cache: "no-store", redirect: "manual" });

  // A page that waits for something else to happen: nothing moves until another one would come.
  const message = document.querySelector("[data-again]");
  if (message) {
    const began = Date.now();
    const wait = () => Number(Date.now() - began < 60000 ? message.dataset.again : message.dataset.later) * 1000;
    const look = async () => {
      try {
        if (document.hidden) return;
        const answer = await ask();
        const next = answer.headers.get("x-continue");
        if (next) location.replace(next);
        else if (answer.ok && answer.headers.get("x-whole") !== message.dataset.message) location.reload();
      } catch { /* away for a moment: the next time will do */ } finally { setTimeout(look, wait()); }
    };
    setTimeout(look, wait());
  }

  const box = document.querySelector("[data-live]");
  if (!box) return;
  let wait = 300;
  const follow = async () => {
    try {
      const answer = await ask();
      const next = answer.headers.get("x-continue");
      if (next) { location.replace(next); return; }
      if (answer.type === "opaqueredirect" || answer.headers.get("x-whole") || !answer.ok) { location.reload(); return; }
      const html = await answer.text();
      if (html && html !== box.dataset.last) { box.innerHTML = html; box.dataset.last = html; }
      wait = 300;
    } catch { wait = Math.min(wait * 2, 15000); }
    setTimeout(follow, document.hidden ? Math.max(wait, 4000) : wait);
  };
  setTimeout(follow, wait);
})();
