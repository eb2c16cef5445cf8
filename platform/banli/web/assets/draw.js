// A name written on the screen with a finger, a pen or a mouse: black on white, as large as on paper.

const WIDE = 1500, HIGH = 750, PEN = 13;

function paint(ink, strokes) {
  ink.fillStyle = "#fff";
  ink.fillRect(0, 0, WIDE, HIGH);
  ink.strokeStyle = ink.fillStyle = "#111";
  ink.lineWidth = PEN;
  ink.lineCap = ink.lineJoin = "round";
  for (const stroke of strokes) {
    const [first] = stroke;
    ink.beginPath();
    ink.moveTo(first[0], first[1]);
    if (stroke.length === 1) ink.lineTo(first[0] + 0.1, first[1]);
    for (let n = 1; n < stroke.length; n += 1) {
      const [x, y] = stroke[n - 1], [a, b] = stroke[n];
      ink.quadraticCurveTo(x, y, (x + a) / 2, (y + b) / 2);
    }
    if (stroke.length > 1) ink.lineTo(...stroke[stroke.length - 1]);
    ink.stroke();
  }
}

// Opens the dialog. Gives a PNG, or null when nothing is to be taken.
export function drawn(dialog) {
  const at = (name) => dialog.querySelector(`[data-${name}]`), canvas = at("sheet"), ink = canvas.getContext("2d"), strokes = [];
  canvas.width = WIDE;
  canvas.height = HIGH;
  const show = () => {
    paint(ink, strokes);
    for (const name of ["undo", "clear", "done"]) at(name).disabled = !strokes.length;
  };
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * WIDE, (event.clientY - box.top) / box.height * HIGH];
  };
  let pen = null;
  canvas.onpointerdown = (event) => {
    if (pen !== null || event.button > 0) return;
    pen = event.pointerId;
    canvas.setPointerCapture(pen);
    strokes.push([point(event)]);
    show();
  };
  canvas.onpointermove = (event) => {
    if (event.pointerId !== pen) return;
    const all = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    strokes[strokes.length - 1].push(...(all.length ? all : [event]).map(point));
    show();
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => { if (event.pointerId === pen) pen = null; };
  at("undo").onclick = () => { strokes.pop(); show(); };
  at("clear").onclick = () => { strokes.length = 0; show(); };
  show();
  return new Promise((done) => {
    let made = null;
    at("close").onclick = () => dialog.close();
    at("done").onclick = () => canvas.toBlob((blob) => { made = blob; dialog.close(); }, "image/png");
    dialog.addEventListener("close", () => { strokes.length = 0; done(made); }, { once: true });
    dialog.showModal();
  });
}
