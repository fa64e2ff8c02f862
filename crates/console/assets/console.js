// Makes the console nicer; everything works without it.
(() => {
  "use strict";

  const closest = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

  // Copy: the button carries the text, or names the element that does.
  document.addEventListener("click", async (event) => {
    const button = closest(event, "button[data-copy], button[data-copy-from]");
    if (!button) return;
    event.preventDefault();
    const from = button.dataset.copyFrom;
    const text = from ? document.getElementById(from)?.textContent ?? "" : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
      button.dataset.label ??= button.getAttribute("aria-label");
      button.classList.add("done");
      button.setAttribute("aria-label", "Copied");
      setTimeout(() => { button.classList.remove("done"); button.setAttribute("aria-label", button.dataset.label); }, 1500);
    } catch { toast("Copying is not allowed here. Select the text instead."); }
  });

  // A file made of what the page shows: the server keeps no copy to send.
  document.addEventListener("click", (event) => {
    const button = closest(event, "button[data-download-from]");
    const from = button && document.getElementById(button.dataset.downloadFrom);
    if (!from) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([from.textContent], { type: "application/json" }));
    link.download = button.dataset.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });

  // A menu closes when one clicks elsewhere.
  const menus = "details.env[open], details.foot[open], details.drop[open]";
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(menus)) {
      if (!open.contains(event.target)) open.open = false;
    }
  });

  // A secret that is shown hides itself.
  const shown = document.querySelector("[data-hide-after]");
  if (shown) setTimeout(() => location.replace(shown.dataset.hideTo), Number(shown.dataset.hideAfter) * 1000);

  // One that was unfolded folds again.
  document.addEventListener("toggle", (event) => {
    const fold = event.target;
    if (!fold.dataset?.foldAfter) return;
    clearTimeout(fold.timer);
    if (fold.open) fold.timer = setTimeout(() => { fold.open = false; }, Number(fold.dataset.foldAfter) * 1000);
  }, true);

  // A file that is too large is not sent: browsers show nothing of an answer that comes before all of it is up.
  document.addEventListener("input", ({ target }) => {
    if (!target.dataset.below) return;
    const [file] = target.files;
    target.setCustomValidity(file && file.size >= Number(target.dataset.below) ? target.dataset.tooLarge : "");
  });

  // A form beside its preview: that follows what is typed (in the fields that the form names, or in any), and shows the
  // page whose words have the focus.
  document.querySelectorAll("form[data-preview]").forEach((form) => {
    const button = document.querySelector("[data-previews]");
    const { page } = form.elements;
    const shown = form.dataset.preview.split(" ").filter(Boolean);
    let due;
    const show = (soon) => {
      clearTimeout(due);
      due = setTimeout(() => form.requestSubmit(button), soon);
    };
    // Some fields of a form stand outside of it.
    document.addEventListener("input", (event) => {
      const { target } = event;
      if (target.form !== form || (shown.length && !shown.includes(target.name))) return;
      show(target === page ? 0 : 300);
    });
    form.addEventListener("focusin", (event) => {
      const of = event.target.closest("[data-page]")?.dataset.page;
      if (!of || of === page.value) return;
      page.value = of;
      show(0);
    });
  });

  // The colour field shows what is typed.
  document.addEventListener("input", (event) => {
    const field = closest(event, "input[data-swatch]");
    const swatch = field && document.getElementById(field.dataset.swatch);
    if (swatch && /^#[0-9a-f]{6}$/i.test(field.value)) swatch.setAttribute("fill", field.value);
  });

  // A frame shows that the focus is in it: no selector knows.
  const framed = () => {
    for (const frame of document.querySelectorAll("iframe")) frame.classList.toggle("focused", frame === document.activeElement);
  };
  addEventListener("blur", framed);
  document.addEventListener("focusin", framed);

  // Relative times go on, in the words of the server. From half a day on those depend on its midnight, and times to
  // come are said otherwise: both stay as they were drawn.
  const said = (seconds) => {
    if (seconds < 0) return null;
    if (seconds < 5) return "just now";
    if (seconds < 60) return `${Math.floor(seconds)} s ago`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
    if (seconds < 12 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
    return null;
  };
  const tick = () => {
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const text = said((Date.now() - Date.parse(time.dateTime)) / 1000);
      if (text && time.textContent !== text) time.textContent = text;
    }
  };
  setInterval(tick, 5000);

  // Keys: / searches, J and K move through a list, E opens the environments, Esc goes up.
  const typing = (target) => target instanceof Element && target.matches("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") { event.preventDefault(); openPalette(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    // Esc leaves a field with what was typed; a browser would empty a search.
    if (typing(event.target)) { if (event.key === "Escape") { event.preventDefault(); event.target.blur(); } return; }
    const rows = [...document.querySelectorAll("a.row-link")];
    const at = rows.indexOf(document.activeElement);
    if (event.key === "/") { const field = document.querySelector("input[type=search]"); if (field) { event.preventDefault(); field.focus(); } }
    else if (event.key === "j" && rows.length) rows[Math.min(at + 1, rows.length - 1)].focus();
    else if (event.key === "k" && rows.length) rows[Math.max(at - 1, 0)].focus();
    else if (event.key === "e") { const env = [...document.querySelectorAll("details.env")].find((d) => d.offsetParent); if (env) { env.open = !env.open; env.querySelector(env.open ? "a:not([aria-current])" : "summary")?.focus(); } }
    else if (event.key === "x" && at >= 0) rows[at].closest("tr").querySelector("input.pick")?.click();
    else if (event.key === "?") document.getElementById("keys")?.showModal();
    else if (event.key === "Escape") { const open = document.querySelector(menus); if (open) { open.open = false; open.querySelector("summary").focus(); } else document.querySelector("a[data-up]")?.click(); }
  });

  // The palette: a combobox whose options the server draws. It goes to rooms and to whatever has a page.
  const palette = document.getElementById("palette");
  const openPalette = () => {
    if (!palette || palette.open) return;
    palette.showModal();
    palette.querySelector("input").select();
    find();
  };
  const options = () => [...palette.querySelectorAll("[role=option]")];
  const choose = (option) => {
    for (const other of options()) other.setAttribute("aria-selected", String(other === option));
    const field = palette.querySelector("input");
    if (option) { field.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
    else field.removeAttribute("aria-activedescendant");
  };
  let asked = 0, answered, soon;
  const find = async () => {
    const mine = ++asked;
    const form = palette.querySelector("form");
    const url = new URL(form.action);
    const typed = form.elements.q.value;
    url.searchParams.set("q", typed);
    try {
      const answer = await fetch(url, { headers: { "hx-request": "true", "hx-current-url": location.href } });
      if (answer.headers.has("hx-redirect")) { location.assign(answer.headers.get("hx-redirect")); return; }
      if (!answer.ok) { toast("This could not be searched just now.", answer.headers.get("x-request-id")); return; }
      const text = await answer.text();
      if (mine !== asked) return;
      const list = document.getElementById("palette-hits");
      list.innerHTML = text;
      for (const title of list.querySelectorAll("h2")) title.setAttribute("role", "presentation");
      list.querySelectorAll("a").forEach((hit, index) => { hit.setAttribute("role", "option"); hit.tabIndex = -1; hit.id = `hit-${index}`; });
      choose(options()[0]);
      answered = typed;
    } catch { toast("The server cannot be reached."); }
  };
  // What is typed is searched before Enter goes anywhere. Where nothing is found, the page of the search says so.
  const enter = async () => {
    const form = palette.querySelector("form");
    clearTimeout(soon);
    if (answered !== form.elements.q.value) await find();
    if (answered !== form.elements.q.value) return;
    const hit = options().find((option) => option.getAttribute("aria-selected") === "true");
    if (hit) hit.click(); else form.submit();
  };
  palette?.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(find, 120); });
  palette?.addEventListener("keydown", (event) => {
    const all = options();
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") choose(all[(at + all.length - 1) % all.length]);
    else if (event.key === "Enter" && event.target.name === "q") enter();
    else return;
    event.preventDefault();
  });
  // A dialog closes when one clicks beside it.
  document.addEventListener("click", (event) => {
    if (event.target instanceof HTMLDialogElement) event.target.close();
    else if (closest(event, "a[data-palette]") && palette) { event.preventDefault(); openPalette(); }
  });

  // The guide is searched while one types, in the place of its page, which comes back when the field is empty.
  const live = document.querySelector("form[data-live]");
  if (live) {
    const main = document.getElementById("main"), page = [...main.childNodes], aside = document.querySelector(".guide-toc");
    const searches = location.pathname === new URL(live.action).pathname;
    let mine = 0, later;
    const show = async () => {
      const asked = ++mine, typed = live.elements.q.value.trim();
      const url = new URL(live.action);
      url.searchParams.set("q", typed);
      if (!typed && !searches) { main.replaceChildren(...page); if (aside) aside.hidden = false; return; }
      try {
        const answer = await fetch(url);
        const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
        if (asked !== mine || !answer.ok || !found) return;
        main.replaceChildren(...found.childNodes);
        if (aside) aside.hidden = true;
        if (searches) history.replaceState(null, "", url);
        scrollTo(0, 0);
      } catch { /* Enter asks the server and tells what is wrong. */ }
    };
    live.addEventListener("input", () => { clearTimeout(later); later = setTimeout(show, 150); });
  }

  // A long act goes on by itself while its page is open, and the page says how far it has come.
  const goOn = async () => {
    const form = document.querySelector("form[data-go-on]");
    if (!form) return;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (answer.redirected) { location.assign(answer.url); return; }
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("form[data-go-on]")?.closest(".card");
      if (!answer.ok || !next) { toast("This stopped. Press Go on.", answer.headers.get("x-request-id")); return; }
      form.closest(".card").replaceWith(next);
      goOn();
    } catch { toast("The server cannot be reached. Press Go on."); }
  };

  // The list of runs hears of new ones, which wait above it, and of steps of those it shows, which move in place.
  const tail = async () => {
    const news = document.querySelector("[data-tail]");
    if (!news || document.hidden || busy) return;
    busy = true;
    try {
      const answer = await fetch(news.dataset.tail, { headers: { "hx-request": "true", "hx-current-url": location.href } });
      if (!answer.ok || answer.headers.has("hx-redirect")) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const told = fresh.querySelector("[data-tail]");
      if (!told || !news.isConnected) return;
      for (const row of fresh.querySelectorAll("tbody tr")) {
        const shown = document.getElementById(row.id);
        if (shown) row.querySelectorAll("td").forEach((cell, index) => {
          const old = shown.cells[index];
          if (index > 0 && old && old.innerHTML !== cell.innerHTML) { old.innerHTML = cell.innerHTML; old.title = cell.title; if (cell.querySelector(".pill")) old.classList.add("fresh"); }
        });
      }
      news.dataset.tail = told.dataset.tail;
      if (news.innerHTML !== told.innerHTML) news.innerHTML = told.innerHTML;
    } catch { /* The next look comes soon. */ } finally { busy = false; }
  };
  let busy = false;
  setInterval(tail, 4000);
  document.addEventListener("visibilitychange", tail);

  // What is open stays open when a partial comes in; while text is selected, nothing moves.
  let open = [];
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    const selection = getSelection();
    if (selection && !selection.isCollapsed && target.contains(selection.anchorNode)) { event.detail.shouldSwap = false; return; }
    open = [...target.querySelectorAll("details[open][id]")].map((details) => details.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of open) { const details = document.getElementById(id); if (details) details.open = true; }
  });

  // A partial that could not be fetched says so with the request's id; a sign-in that ended goes to the sign-in page.
  const toast = (text, id) => {
    document.querySelector(".toast")?.remove();
    const box = document.createElement("div");
    box.className = "toast";
    box.setAttribute("role", "status");
    const body = document.createElement("div");
    body.textContent = text;
    if (id) {
      const link = document.createElement("a");
      link.className = "link";
      link.href = `${document.body.dataset.requests}/${id}`;
      link.append(document.createElement("code"));
      link.firstChild.textContent = `request ${id}`;
      body.append(document.createElement("br"), link);
    }
    box.append(body);
    document.body.append(box);
    setTimeout(() => box.remove(), 8000);
  };
  goOn();
  document.addEventListener("htmx:responseError", (event) => {
    const answer = event.detail.xhr;
    toast("This could not be loaded just now.", answer.getResponseHeader("x-request-id"));
  });
  document.addEventListener("htmx:sendError", () => toast("The server cannot be reached. Trying again."));
})();
