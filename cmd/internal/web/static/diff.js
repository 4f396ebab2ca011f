// Goes from change to change by key. Without this script the diff reads as it is: the
// links of moved passages and the folds work by themselves.
(() => {
  "use strict";
  const root = document.querySelector(".stemma-diff");
  const bar = document.getElementById("walk");
  if (!root || !bar) return;

  // What stands together, with nothing but blanks between, is one change; of two texts
  // beside each other, a row.
  const changes = [];
  let last = null;
  for (const mark of root.querySelectorAll("del, ins")) {
    if (!last || !together(last, mark)) changes.push(mark);
    last = mark;
  }
  function together(a, b) {
    const row = a.closest("tr");
    if (row) return row === b.closest("tr");
    if (a.parentNode !== b.parentNode) return false;
    for (let n = a.nextSibling; n && n !== b; n = n.nextSibling) {
      if (n.nodeType !== Node.TEXT_NODE || n.data.trim() !== "") return false;
    }
    return true;
  }

  const place = document.getElementById("walk-place");
  const keys = document.getElementById("walk-keys");
  const folds = root.querySelectorAll("details.fold");
  let at = -1;

  function go(step) {
    if (!changes.length) return;
    // From where the reader is: the focus may have gone elsewhere since.
    const here = document.activeElement;
    if (here && here !== changes[at] && root.contains(here)) {
      const after = changes.findIndex((c) => here.compareDocumentPosition(c) & Node.DOCUMENT_POSITION_FOLLOWING);
      at = step > 0 ? (after < 0 ? changes.length - 1 : after - 1) : (after < 0 ? changes.length : after);
    }
    at = at < 0 && step < 0 ? changes.length - 1 : (at + step + changes.length) % changes.length;
    const c = changes[at];
    c.tabIndex = -1;
    c.focus({ preventScroll: true });
    c.scrollIntoView({ block: "center" });
    place.textContent = `Change ${at + 1} of ${changes.length}`;
  }
  function unfold() {
    const open = [...folds].some((f) => !f.open);
    for (const f of folds) f.open = open;
  }

  const byKey = { n: () => go(1), j: () => go(1), p: () => go(-1), k: () => go(-1), u: unfold };
  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || !keys.checked) return;
    const t = e.target;
    if (t instanceof Element && (t.isContentEditable || t.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])"))) return;
    const act = byKey[e.key];
    if (!act) return;
    e.preventDefault();
    act();
  });
  document.getElementById("walk-next").addEventListener("click", () => go(1));
  document.getElementById("walk-before").addEventListener("click", () => go(-1));
  const fold = document.getElementById("walk-fold");
  fold.addEventListener("click", unfold);
  fold.hidden = folds.length === 0;

  // Keys of one letter can be switched off: who speaks to a browser types them unawares.
  try {
    keys.checked = localStorage.getItem("keys") !== "off";
    keys.addEventListener("change", () => localStorage.setItem("keys", keys.checked ? "on" : "off"));
  } catch { /* a browser that keeps nothing */ }
  place.textContent = changes.length === 1 ? "1 change" : `${changes.length} changes`;
  bar.hidden = false;
})();
