// Makes smooth what works without it: dialogs in place of pages that ask, the palette, toasts, copying, ticking
// many rows, and messages when the server cannot be reached. Every control is a link or a form first.
(() => {
  "use strict";
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  document.documentElement.classList.add("script");

  // What only works with script is shown by it.
  const reveal = (root) => {
    all("button.copy, [data-tick-all]", root).forEach((it) => { it.hidden = false; });
  };

  // Toasts go away; the last one can be read as long as the pointer is on it.
  const fade = (toast) => setTimeout(() => {
    if (toast.matches(":hover")) fade(toast); else toast.remove();
  }, 6000);
  const toast = (text, good = true) => {
    const note = document.createElement("div");
    note.className = good ? "toast-note" : "toast-note bad";
    note.textContent = text;
    one("#toasts")?.append(note);
    fade(note);
  };

  // A problem at the top of the page, with a way to try again.
  const problem = (title, detail, id, again) => {
    const box = document.createElement("div");
    box.className = "alert alert-danger problem";
    box.setAttribute("role", "alert");
    const text = document.createElement("div");
    const add = (tag, words, name) => {
      if (!words) return;
      const part = document.createElement(tag);
      part.textContent = words;
      if (name) part.className = name;
      text.append(part);
    };
    add("strong", title);
    add("p", detail);
    add("p", id, "request-id");
    const buttons = document.createElement("p");
    const button = (label, does) => {
      const it = document.createElement("button");
      it.type = "button";
      it.className = "btn btn-sm";
      it.textContent = label;
      it.addEventListener("click", () => { box.remove(); does(); });
      buttons.append(it, " ");
    };
    if (again) button("Try again", again);
    button("Close", () => {});
    text.append(buttons);
    box.append(text);
    one("#alerts")?.replaceChildren(box);
    box.scrollIntoView({ block: "nearest" });
  };
  const repeat = (detail) => () => {
    const from = detail.elt;
    if (from.tagName === "FORM") from.requestSubmit(); else htmx.trigger(from, from.tagName === "INPUT" ? "input" : "click");
  };
  document.addEventListener("htmx:sendError", (event) => problem(
    "The server cannot be reached", "What you typed is still here. Check the connection, then try again.", "", repeat(event.detail)));
  document.addEventListener("htmx:timeout", (event) => problem(
    "The server does not answer", "What you typed is still here.", "", repeat(event.detail)));
  document.addEventListener("htmx:responseError", (event) => {
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const found = one(".problem", page);
    const words = (selector) => found && one(selector, found)?.textContent.trim();
    problem(words(".alert-heading") || "The server could not do this", words("p:not(.request-id)") || "",
      words(".request-id") || event.detail.xhr.getResponseHeader("x-request-id") || "", repeat(event.detail));
  });
  document.addEventListener("htmx:beforeRequest", () => one("#alerts")?.replaceChildren());

  // After a part of the page was replaced.
  document.addEventListener("htmx:afterSwap", (event) => {
    reveal(document);
    const list = one("#list");
    if (list) one("[data-export]")?.setAttribute("href", list.dataset.exportHref);
    const first = one("#page .problem");
    if (event.detail.target?.id === "page" && first) { first.focus(); first.scrollIntoView({ block: "center" }); }
    count();
  });

  // A changed form asks before it is left.
  let leaving = false;
  const isChanged = () => one("form[data-guard][data-changed]") !== null;
  document.addEventListener("input", (event) => event.target.closest("form[data-guard]")?.setAttribute("data-changed", ""));
  document.addEventListener("submit", (event) => { if (event.target.matches("form")) leaving = true; }, true);
  document.addEventListener("htmx:afterRequest", () => { leaving = false; });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.getResponseHeader("hx-redirect")) all("form[data-changed]").forEach((form) => form.removeAttribute("data-changed"));
  });
  window.addEventListener("beforeunload", (event) => { if (!leaving && isChanged()) event.preventDefault(); });

  // A file that is too large is not sent at all; a button says that it works.
  document.addEventListener("submit", (event) => {
    const limit = Number(event.target.dataset.limit);
    const file = limit && one("input[type=file]", event.target)?.files[0];
    if (file && file.size > limit) {
      event.preventDefault();
      leaving = false;
      problem("The file is too large", `It has ${Math.ceil(file.size / 1048576)} MiB; at most ${limit / 1048576} MiB can be sent. Split it into several files.`);
      return;
    }
    const button = event.submitter;
    if (button?.dataset.busy) { button.textContent = button.dataset.busy; button.setAttribute("aria-disabled", "true"); }
  });

  // Questions in a dialog in place of a page of their own.
  const dialog = one("#dialog");
  const ask = async (address) => {
    try {
      const response = await fetch(address, { headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const question = one("#question", page);
      if (!response.ok || !question || response.redirected) throw new Error("no question");
      question.className = "";
      dialog.replaceChildren(question);
      dialog.setAttribute("aria-labelledby", "question-title");
      dialog.showModal();
    } catch {
      location.assign(address);
    }
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    if (link?.matches("[data-dialog]") && plain && dialog?.showModal) { event.preventDefault(); ask(link.href); }
    if (link?.matches("[data-close]") && dialog?.open) { event.preventDefault(); dialog.close(); }
    if (link?.matches("[data-palette]") && plain) { event.preventDefault(); openPalette(); }
    if (event.target === dialog || event.target === palette) event.target.close();
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      navigator.clipboard.writeText(one(`#${copy.dataset.copy}`).textContent)
        .then(() => toast("Copied"), () => toast("The browser did not let it be copied", false));
    }
    // A menu closes when something else is pressed.
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") all("details.menu[open]").forEach((menu) => { menu.open = false; one("summary", menu).focus(); });
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); openPalette(); }
    if (palette?.open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const stops = [query, ...all("#palette a").filter((it) => it.offsetParent)];
      const at = stops.indexOf(document.activeElement);
      stops[(at + (event.key === "ArrowDown" ? 1 : stops.length - 1)) % stops.length].focus();
    }
  });

  // The palette: places are filtered here, records are asked for.
  const palette = one("#palette");
  const query = one("#palette-query");
  const openPalette = () => {
    if (!palette || palette.open) return;
    palette.showModal();
    query.select();
  };
  query?.addEventListener("input", () => {
    const wanted = query.value.trim().toLowerCase();
    all("#palette-places li").forEach((it) => { it.hidden = !it.textContent.toLowerCase().includes(wanted); });
  });
  query?.addEventListener("keydown", (event) => {
    const first = all("#palette a").find((it) => it.offsetParent);
    if (event.key === "Enter" && first) { event.preventDefault(); first.click(); }
  });

  // Ticking rows.
  const count = () => {
    const boxes = all("input[name=ids]");
    const ticked = boxes.filter((box) => box.checked).length;
    const everything = one("#bulk input[name=all]")?.checked;
    const bar = one("[data-ticked]");
    if (bar) bar.textContent = everything ? "All that match" : ticked ? `${ticked} ticked` : "Tick rows to change many at once";
    one("#bulk")?.classList.toggle("in-use", ticked > 0 || everything === true);
    const head = one("[data-tick-all]");
    if (head) { head.checked = boxes.length > 0 && ticked === boxes.length; head.indeterminate = ticked > 0 && ticked < boxes.length; }
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) all("input[name=ids]").forEach((box) => { box.checked = event.target.checked; });
    count();
  });

  reveal(document);
  count();
  all(".toast-note").forEach(fade);
})();
