// Shows what an edit would change while it is typed. Without this script the form has
// a button for that.
(() => {
  "use strict";
  const form = document.getElementById("edit");
  const preview = document.getElementById("preview");
  if (!form || !preview) return;
  const save = form.querySelector("button.save");
  let timer = 0, asked = null, changed = false, sending = false;

  const ask = async () => {
    if (asked) asked.abort();
    const mine = asked = new AbortController();
    try {
      const answer = await fetch(form.getAttribute("action") + "?preview=1", {
        method: "POST", body: new URLSearchParams(new FormData(form)), signal: mine.signal,
        headers: { Accept: "text/html" }, redirect: "error",
      });
      if (answer.status === 429) {
        later(3000);
        return;
      }
      const text = await answer.text();
      if (mine !== asked) return;
      if (answer.ok) preview.innerHTML = text; // made by the server, where everything is escaped
      else preview.textContent = "No preview now: record it, or try again.";
    } catch (e) {
      if (e.name !== "AbortError") preview.textContent = "No preview now: the server can't be reached.";
    }
  };
  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  };

  save.hidden = false;
  form.addEventListener("input", () => {
    changed = true;
    later(400);
  });
  form.addEventListener("submit", () => {
    sending = true;
    clearTimeout(timer);
  });
  addEventListener("pageshow", () => { sending = false; });
  addEventListener("beforeunload", (e) => {
    if (changed && !sending) e.preventDefault();
  });
})();
