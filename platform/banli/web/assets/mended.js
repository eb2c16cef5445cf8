// A page with mistakes, while they are mended. Nothing moves under a finger; the server looks at all of it again.

// What the summary at the top asked for and is answered, or asked no more, is struck out there.
function settled() {
  for (const link of document.querySelectorAll("#summary a")) {
    const control = document.getElementById(link.hash.slice(1)), row = control && control.closest("[data-at]");
    if (row) link.classList.toggle("done", !row.offsetParent || !row.querySelector("[aria-invalid], .error:not(:empty)"));
  }
}

// An answer that is changed is not called wrong any more. Photos say themselves how they are.
function changed(event) {
  const row = event.target.closest(".field, [data-at]");
  if (row && row.matches(".wrong:not([data-photo])")) {
    row.classList.remove("wrong");
    for (const opener of row.querySelectorAll(".opener")) delete opener.dataset.wrong;
    for (const control of row.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
    for (const error of row.querySelectorAll(".error")) error.textContent = "";
  }
}
for (const type of ["input", "change"]) document.addEventListener(type, changed, true);

// Whoever says that an answer is right or wrong, or hides its question: it is seen there.
const watched = { subtree: true, childList: true, attributes: true, attributeFilter: ["aria-invalid", "class", "hidden"] };
for (const form of document.querySelectorAll("#f")) new MutationObserver(settled).observe(form, watched);
