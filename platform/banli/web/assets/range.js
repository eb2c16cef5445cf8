// 「Without end」: ticking sets the far end, unticking clears it, typing it ticks.

for (const last of document.querySelectorAll("input[data-far]")) {
  const tick = last.closest(".field").querySelector("input[type=checkbox]");
  tick.addEventListener("change", () => {
    last.value = tick.checked ? last.dataset.far : "";
    if (!tick.checked) last.focus();
    last.dispatchEvent(new Event("input", { bubbles: true }));
  });
  last.addEventListener("input", () => { tick.checked = last.value === last.dataset.far; });
}
