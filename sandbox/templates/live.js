// The list refreshes by itself while nothing is being read; otherwise it offers to.
const fresh = document.querySelector(".fresh");
const shown = Number(fresh.dataset.count);
setInterval(async () => {
  if (document.hidden) return;
  const answer = await fetch("/mailbox/count").catch(() => null);
  if (!answer || !answer.ok) return;
  const { count } = await answer.json();
  if (count === shown) return;
  if (document.body.classList.contains("listing")) location.reload();
  else fresh.hidden = false;
}, 2000);
