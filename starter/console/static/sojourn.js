/* Shows banners, checklists, tooltips and the inbox on a page, and tells what became of them.

   <script src="https://journeys.shop.example/static/sojourn.js" defer
           data-write-key="..." data-user-id="..." data-user-hash="..." data-most-per-session="3"></script>
   <div data-sojourn="banner"></div> <div data-sojourn="checklist"></div> <div data-sojourn="inbox"></div>

   Without a user id the anonymous id of Segment's analytics.js is used. A tooltip stands beside the element that
   its `anchor` selects. `data-sojourn-quiet` on any element keeps all but the inbox away, as in a checkout. */
(() => {
  "use strict";
  const script = document.currentScript;
  const origin = new URL(script.src).origin;
  const { writeKey, userId, userHash, anonymousId, mostPerSession } = script.dataset;
  const SHOWN = "sojourn.shown";
  const SAFE = /^(https?:\/\/|\/(?![\/\\]))/i;

  const address = (path) => {
    const query = new URLSearchParams({ writeKey });
    if (userId) {
      query.set("userId", userId);
      if (userHash) query.set("userHash", userHash);
    } else {
      query.set("anonymousId", anonymousId || visitor());
    }
    return `${origin}/v1/surfaces/${path}?${query}`;
  };

  const visitor = () => {
    const kept = localStorage.getItem("ajs_anonymous_id") || "";
    try { return String(JSON.parse(kept)); } catch { return kept; }
  };

  // A beacon is still sent when the click leaves the page.
  const tell = (message, report) =>
    navigator.sendBeacon(address(`messages/${encodeURIComponent(message.id)}/${report}`));

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  const card = (message, surface) => {
    const made = element("section", `sojourn-card sojourn-${surface}`);
    if (SAFE.test(message.image_url)) {
      const image = element("img", "sojourn-image");
      image.src = message.image_url;
      image.alt = "";
      made.append(image);
    }
    made.append(element("strong", "sojourn-title", message.title));
    if (message.body) made.append(element("p", "sojourn-body", message.body));
    if (message.items.length) {
      const list = element("ol", "sojourn-items");
      for (const item of message.items) list.append(element("li", "sojourn-item", item));
      made.append(list);
    }
    if (message.action_label && SAFE.test(message.action_url)) {
      const link = element("a", "sojourn-action", message.action_label);
      link.href = message.action_url;
      link.addEventListener("click", () => tell(message, "clicked"));
      made.append(link);
    }
    const close = element("button", "sojourn-dismiss", "×");
    close.type = "button";
    close.setAttribute("aria-label", "Dismiss");
    close.addEventListener("click", () => { tell(message, "dismissed"); made.remove(); });
    made.append(close);
    return made;
  };

  const place = (made, where, message) => {
    where.append(made);
    if (message.seen) return;
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      tell(message, "seen");
    }).observe(made);
  };

  const beside = (message) => {
    let anchor = null;
    try { anchor = message.anchor && document.querySelector(message.anchor); } catch { /* no selector */ }
    if (!anchor) return null;
    const holder = element("span", "sojourn-anchor");
    holder.style.position = "relative";
    anchor.after(holder);
    return holder;
  };

  const mayPrompt = (message) => {
    if (document.querySelector("[data-sojourn-quiet]")) return false;
    const shown = new Set(JSON.parse(sessionStorage.getItem(SHOWN) || "[]"));
    if (!shown.has(message.id) && mostPerSession && shown.size >= Number(mostPerSession)) return false;
    sessionStorage.setItem(SHOWN, JSON.stringify([...shown.add(message.id)]));
    return true;
  };

  const fill = async (surface, slots) => {
    const answer = await fetch(address(surface));
    if (!answer.ok) return;
    const { messages } = await answer.json();
    const shown = surface === "inbox" ? messages : messages.slice(0, 1);
    for (const message of shown) {
      const where = surface === "tooltip" ? beside(message) : slots[0];
      if (where && (surface === "inbox" || mayPrompt(message))) place(card(message, surface), where, message);
    }
  };

  for (const surface of ["banner", "checklist", "tooltip", "inbox"]) {
    const slots = document.querySelectorAll(`[data-sojourn="${surface}"]`);
    if (slots.length || surface === "tooltip") fill(surface, slots).catch(() => undefined);
  }
})();
