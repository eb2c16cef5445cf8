// Another picture when it is pressed, and the sound that belongs to the present one.

for (const button of document.querySelectorAll("[data-captcha]")) {
  const place = button.closest(".field"), sound = place.querySelector("audio"), input = place.querySelector("input");
  const fresh = () => {
    const image = button.querySelector("img");
    if (!image) return false;
    image.src = `${image.src.split("?")[0]}?n=${Date.now()}`;
    input.value = "";
    return true;
  };
  button.addEventListener("click", (event) => {
    if (!fresh()) return;
    event.preventDefault();
    input.focus();
  });
  document.addEventListener("captcha", fresh);
  button.addEventListener("load", () => { sound.src = `${sound.src.split("?")[0]}?n=${Date.now()}`; }, true);
}
