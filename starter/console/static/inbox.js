// Keys for the inbox: j and k choose a card, a approves it, r goes to its reason, e to its words, x marks it, u undoes, ? shows them.
// It only presses the buttons that are on the page; whoever has no script has the buttons.

import { say, undo } from "./held.js";

const cards = () => [...document.querySelectorAll("article.card.open")];
const chosen = () => document.activeElement?.closest("article.card.open");

function choose(step) {
  const all = cards();
  if (!all.length) return;
  const at = all.indexOf(chosen());
  const next = all[at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function press(decision) {
  const card = chosen() ?? (cards().length === 1 ? cards()[0] : null);
  if (!card) return choose(1);
  card.querySelector(`button[value=${decision}]`)?.click();
}

function writeReason() {
  const card = chosen() ?? (cards().length === 1 ? cards()[0] : null);
  if (!card) return choose(1);
  card.querySelector("input[name=reason]")?.focus();
}

function edit() {
  const card = chosen() ?? (cards().length === 1 ? cards()[0] : null);
  if (!card) return choose(1);
  const words = card.querySelector("details.edit");
  if (!words) return say("Its words cannot be edited.");
  words.open = true;
  words.querySelector("textarea").focus();
}

const actions = {
  j: () => choose(1),
  k: () => choose(-1),
  a: () => press("approve"),
  r: writeReason,
  e: edit,
  u: () => undo(),
  x: () => chosen()?.querySelector("input[name=id]")?.click(),
  "?": () => document.getElementById("keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  const field = event.target.closest("input, textarea, select, dialog");
  if (field) {
    if (event.key === "Escape") field.blur();
    // Enter presses the button that the field is for: the form's first one, which it would press, approves.
    if (event.key === "Enter" && field.dataset.enter) {
      event.preventDefault();
      field.form.querySelector(`button[value=${field.dataset.enter}]`).click();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const action = actions[event.key];
  if (action) {
    event.preventDefault();
    action();
  }
});

document.querySelector("[data-keys]")?.addEventListener("click", actions["?"]);

// After a decision the card that came back has the news; say it, and keep the keyboard where it was.
document.addEventListener("htmx:after:swap", () => {
  const news = document.querySelector("article[data-said]");
  if (!news) return;
  say(news.dataset.said);
  delete news.dataset.said;
  news.focus({ preventScroll: true });
});
