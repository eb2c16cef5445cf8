// Photos go up while the rest of the page is filled in: made smaller where they are large, with progress, tried again.

const LARGE = 3 * 1024 * 1024, SIDE = 3000;

async function smaller(file) {
  if (file.size <= LARGE || !window.createImageBitmap) return file;
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE / Math.max(image.width, image.height)), canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
    return made && made.size < file.size ? made : file;
  } catch {
    return file;
  }
}

const senders = new Map();

for (const place of document.querySelectorAll("[data-photo]")) {
  const name = place.dataset.at, form = place.closest("form"), value = place.querySelector("input[type=hidden]");
  const bar = place.querySelector("progress"), said = place.querySelector("[data-said]"), again = place.querySelector("[data-retry]");
  const error = place.querySelector(".error"), note = place.querySelector("[data-note]"), frame = place.querySelector("[data-frame]");
  let last = null, local = "";

  const ended = (sentence, failed) => {
    const left = Number(form.dataset.uploading || 1) - 1;
    if (left > 0) form.dataset.uploading = left;
    else delete form.dataset.uploading;
    bar.hidden = true;
    again.hidden = !failed;
    said.textContent = failed ? "" : sentence;
    error.textContent = failed ? sentence : "";
    place.classList.toggle("wrong", failed);
  };

  // Taken for the other side of the card: one tap gives it to that side's place.
  const offer = (told) => {
    place.querySelector("[data-swap]")?.remove();
    const other = told && told.other && senders.get(told.other), file = last;
    if (!other) return;
    const swap = document.createElement("button");
    swap.type = "button";
    swap.className = "plain";
    swap.dataset.swap = "";
    swap.textContent = told.swap;
    swap.addEventListener("click", () => {
      swap.remove();
      error.textContent = "";
      place.classList.remove("wrong");
      place.dispatchEvent(new CustomEvent("taken", { detail: {} }));
      other(file);
    });
    again.before(swap);
    again.hidden = true;
  };

  const show = (address) => {
    const image = frame.querySelector("img") || frame.insertBefore(document.createElement("img"), frame.firstChild);
    image.className = "shot";
    image.alt = place.querySelector(".label").textContent;
    image.src = address;
  };

  async function send(file) {
    last = file;
    form.dataset.uploading = Number(form.dataset.uploading || 0) + 1;
    again.hidden = true;
    error.textContent = "";
    said.textContent = said.dataset.sending;
    bar.value = 0;
    bar.hidden = false;
    offer(null);
    const data = new FormData(), request = new XMLHttpRequest();
    data.append("file", await smaller(file), "photo");
    request.open("POST", `${form.action}/photo/${name}`);
    request.setRequestHeader("X-CSRF-Token", form.elements._csrf.value);
    request.responseType = "json";
    request.timeout = 120000;
    request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = (event.loaded / event.total) * 100; };
    request.onerror = request.ontimeout = () => ended(said.dataset.failed, true);
    request.onload = () => {
      const told = request.response;
      if (request.status === 200 && told && told.id) {
        value.value = told.id;
        note.textContent = "";
        place.querySelector("[data-take]").textContent = place.querySelector("[data-take]").dataset.take;
        show(told.original ? told.src : local || told.src);
        for (const control of place.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
        ended(said.dataset.done, false);
      } else {
        ended((told && told.text) || said.dataset.failed, true);
        offer(told);
        // The same photo would be refused again for what is wrong with it.
        if (told && told.drawing) again.hidden = true;
      }
      if (told) place.dispatchEvent(new CustomEvent("taken", { detail: told }));
    };
    request.send(data);
  }

  senders.set(name, (file) => {
    if (local) URL.revokeObjectURL(local);
    local = URL.createObjectURL(file);
    place.scrollIntoView({ block: "center" });
    send(file);
  });

  for (const input of place.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      const file = input.files[0];
      if (!file) return;
      if (local) URL.revokeObjectURL(local);
      local = URL.createObjectURL(file);
      send(file);
      input.value = "";
    });
  }
  again.addEventListener("click", () => { if (last) send(last); });
}
