// Scripts come after the page. What was typed, ticked or chosen before them is told to them as if it were done now, and buttons
// that do nothing without them wait for them.

const changed = (one) => {
  if (one.files) return one.files.length > 0;
  if (one.options) return one.selectedIndex !== Math.max(0, [...one.options].findIndex((option) => option.defaultSelected));
  return one.checked !== one.defaultChecked || one.value !== one.defaultValue;
};
export const early = [...document.querySelectorAll("input, select, textarea")].filter(changed);

// All modules of the page have begun by then.
addEventListener("DOMContentLoaded", () => {
  for (const one of document.querySelectorAll("[data-late]")) one.disabled = false;
  for (const one of early) for (const what of ["input", "change"]) one.dispatchEvent(new Event(what, { bubbles: true }));
});
