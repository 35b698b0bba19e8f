// Undo: a decision waits five seconds in the page before it is sent. Whoever leaves the page meant it: it is sent at once.
// Whoever has no script decides at once.

const SECONDS = 5;
const dock = document.getElementById("dock");
const held = new Map(); // by the id of the form: what its decision is, and when it goes

export function say(words) {
  document.getElementById("said").textContent = words;
}

/** Take back what was decided last, or in one form. */
export function undo(id = [...held.keys()].at(-1)) {
  const waiting = held.get(id);
  if (!waiting) return;
  drop(id);
  release(document.getElementById(id));
  button(id, waiting.decision)?.focus();
  say("Undone. Nothing was sent.");
}

const button = (id, decision) => document.getElementById(id)?.querySelector(`button[value="${decision}"]`);

function hold(form, pressed) {
  const words = `${pressed.dataset.doing} ${form.dataset.hold}`;
  const line = document.createElement("p");
  const left = Object.assign(document.createElement("b"), { ariaHidden: "true", textContent: SECONDS });
  const take = Object.assign(document.createElement("button"), { type: "button", textContent: "Undo" });
  take.append(Object.assign(document.createElement("kbd"), { ariaHidden: "true", textContent: "u" }));
  take.addEventListener("click", () => undo(form.id));
  line.append(left, ` ${words} `, take);
  dock.append(line);
  held.set(form.id, { decision: pressed.value, seen: form.elements.namedItem("seen")?.value, line, left, at: Date.now() + SECONDS * 1000 });
  form.closest("article")?.focus({ preventScroll: true });
  form.inert = true;
  form.dataset.held = "";
  say(`${words}. Press u to undo it, within ${SECONDS} seconds.`);
}

function send(id) {
  const { decision, seen } = held.get(id);
  const pressed = button(id, decision);
  drop(id);
  if (!pressed) return say("It was settled meanwhile. Nothing was sent.");
  say("Sent.");
  pressed.form.dataset.held = "sending";
  // The page may have refreshed itself since; what counts is what was looked at.
  if (seen) pressed.form.elements.namedItem("seen").value = seen;
  pressed.form.requestSubmit(pressed);
}

function drop(id) {
  held.get(id).line.remove();
  held.delete(id);
}

function release(form) {
  if (!form) return;
  form.inert = false;
  delete form.dataset.held;
}

function sendAll() {
  for (const id of [...held.keys()]) send(id);
}

setInterval(() => {
  for (const [id, { left, at }] of held) {
    const seconds = Math.ceil((at - Date.now()) / 1000);
    if (seconds > 0) left.textContent = seconds;
    else send(id);
  }
}, 250);

// Before htmx hears of it, which listens at the form itself.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-hold]")) return sendAll();
  if (form.dataset.held === "sending") return;
  const reason = form.elements.namedItem("reason");
  const refused = event.submitter.value === "reject" && !reason.value.trim();
  if (refused) return; // The server says so, at once.
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!form.inert) hold(form, event.submitter);
}, { capture: true });

document.addEventListener("visibilitychange", () => document.hidden && sendAll());
window.addEventListener("beforeunload", sendAll);

// A page that goes away takes its requests with it, but for those that say so.
document.addEventListener("htmx:config:request", (event) => {
  if (event.target.matches("[data-hold]")) event.detail.ctx.request.keepalive = true;
});

document.addEventListener("htmx:finally:request", (event) => {
  if (event.target.matches?.("[data-hold]")) release(event.target);
});

document.addEventListener("htmx:error", (event) => {
  if (!event.target.matches?.("[data-hold]")) return;
  const line = Object.assign(document.createElement("p"), { className: "bad" });
  line.textContent = `The server was not reached; it is not known whether this was decided: ${event.target.dataset.hold}. Try it again: twice counts once.`;
  dock.append(line);
  setTimeout(() => line.remove(), 20_000);
});
