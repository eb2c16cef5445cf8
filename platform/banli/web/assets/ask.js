// Asks the server for something beside the page, and puts its sentences where they belong.

export function fields(form) {
  const data = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") data.append(name, value);
  return data;
}

// The sentence about a field, or "" to take it away.
export function complain(form, at, text) {
  const id = `f-${at.replace(/\./g, "-")}`, control = document.getElementById(id), place = document.getElementById(`${id}-e`);
  if (place) place.textContent = text;
  if (control) text ? control.setAttribute("aria-invalid", "true") : control.removeAttribute("aria-invalid");
  const row = control && control.closest(".field");
  if (row && !row.hasAttribute("data-photo")) row.classList.toggle("wrong", Boolean(text));
  return control;
}
