// Pages of a PDF larger and smaller: a page that is wider than the phone is moved with a finger.

const LEVELS = ["", "1", "2", "3"];

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-zoom]"), leaves = button && button.closest("[data-leaves]");
  if (!leaves) return;
  const now = Math.min(Math.max(LEVELS.indexOf(leaves.dataset.leaves) + Number(button.dataset.zoom), 0), LEVELS.length - 1);
  leaves.dataset.leaves = LEVELS[now];
  for (const one of leaves.querySelectorAll("[data-zoom]")) {
    one.disabled = now === (Number(one.dataset.zoom) < 0 ? 0 : LEVELS.length - 1);
  }
});
