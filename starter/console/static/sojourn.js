/* Shows messages and slots on a page of the shop, and tells what became of them: see docs/channels.md. */
(() => {
  "use strict";
  const { src, dataset: own } = document.currentScript;
  const isPrivate = navigator.globalPrivacyControl || own.consent === "no";
  const isSafe = (url) => /^(https?:\/\/|\/(?![\/\\]))/i.test(url);

  const visitor = () => {
    const kept = localStorage.getItem("ajs_anonymous_id") || "";
    try { return String(JSON.parse(kept)); } catch { return kept; }
  };
  const named = ({ userId, userHash = "" }) => (userId ? { userId, userHash } : { anonymousId: own.anonymousId || visitor() });
  const who = { writeKey: own.writeKey, locale: document.documentElement.lang, ...(isPrivate ? {} : named(own)) };
  const address = (path) => `${new URL(src).origin}/v1/${path}?${new URLSearchParams(who)}`;
  const ask = async (path) => (await fetch(address(path))).json();
  // A beacon is still sent when the click leaves the page.
  const tell = (path, report) => isPrivate || navigator.sendBeacon(address(`${path}/${report}`));

  const add = (parent, tag, name, text = "") => {
    const made = document.createElement(tag);
    made.className = "sojourn-" + name;
    made.textContent = text;
    parent.append(made);
    return made;
  };

  const show = (where, part, kind, path) => {
    const card = add(where, "section", "card sojourn-" + kind);
    if (isSafe(part.image_url)) Object.assign(add(card, "img", "image"), { src: part.image_url, alt: part.image_alt || "" });
    add(card, "strong", "title", part.title);
    if (part.body) add(card, "p", "body", part.body);
    const list = part.items.length && add(card, "ol", "items");
    for (const item of part.items) add(list, "li", "item", item);
    if (part.action_label && isSafe(part.action_url)) {
      const link = add(card, "a", "action", part.action_label);
      link.href = part.action_url;
      link.onclick = () => { tell(path, "clicked"); };
    }
    if (kind !== "slot") {
      const close = Object.assign(add(card, "button", "dismiss", "×"), { type: "button", ariaLabel: "Dismiss" });
      close.onclick = () => { tell(path, "dismissed"); card.remove(); };
    }
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      tell(path, "seen");
    });
    if (!part.seen) watch.observe(card);
  };

  const beside = ({ anchor }) => {
    let found = null;
    try { found = document.querySelector(anchor); } catch { /* no selector */ }
    if (!found) return null;
    const holder = add(document.body, "span", "anchor");
    holder.style.position = "relative";
    found.after(holder);
    return holder;
  };

  const mayPrompt = ({ id }) => {
    if (document.querySelector("[data-sojourn-quiet]")) return false;
    const shown = new Set(JSON.parse(sessionStorage.getItem("sojourn.shown") || "[]"));
    if (!shown.has(id) && shown.size >= (own.mostPerSession || Infinity)) return false;
    sessionStorage.setItem("sojourn.shown", JSON.stringify([...shown.add(id)]));
    return true;
  };

  const messages = async (surface, [place]) => {
    const { messages: found = [] } = await ask("surfaces/" + surface);
    for (const each of surface === "inbox" ? found : found.slice(0, 1)) {
      const where = surface === "tooltip" ? beside(each) : place;
      if (where && (surface === "inbox" || mayPrompt(each))) show(where, each, surface, "surfaces/messages/" + each.id);
    }
  };

  const slots = async (surface) => {
    const { slots: found = {} } = await ask("slots/" + surface);
    for (const where of document.querySelectorAll("[data-sojourn-slot]")) {
      const parts = found[where.dataset.sojournSlot] || [];
      if (parts.length) where.replaceChildren();
      for (const part of parts) show(where, part, "slot", "slots/" + part.id);
    }
  };

  if (own.surface) slots(own.surface).catch(() => {});
  for (const surface of isPrivate ? [] : ["banner", "checklist", "tooltip", "inbox"]) {
    const places = document.querySelectorAll(`[data-sojourn="${surface}"]`);
    if (places.length || surface === "tooltip") messages(surface, places).catch(() => {});
  }
})();
