// 「Without end」: ticking sets the far end, unticking clears it, typing it ticks. Rows may come later.

const ends = (target) => {
  const field = target.closest && target.closest(".range");
  return { last: field && field.querySelector("input[data-far]"), tick: field && field.querySelector("input[type=checkbox]") };
};

document.addEventListener("change", ({ target }) => {
  const { last, tick } = ends(target);
  if (!last || target !== tick) return;
  last.value = tick.checked ? last.dataset.far : "";
  if (!tick.checked) last.focus();
  last.dispatchEvent(new Event("input", { bubbles: true }));
});
document.addEventListener("input", ({ target }) => {
  const { last, tick } = ends(target);
  if (last && target === last) tick.checked = last.value === last.dataset.far;
});
