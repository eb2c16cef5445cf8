// Times that can be booked: listed when asked for, booked, cancelled.

const china = (options) => new Intl.DateTimeFormat(document.documentElement.lang, { timeZone: "Asia/Shanghai", ...options });
const DAY = { month: "long", day: "numeric", weekday: "short" }, CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

export const moment = (iso) => china({ ...DAY, ...CLOCK }).format(new Date(iso));
const span = (start, end) => `${moment(start)}–${china(CLOCK).format(new Date(end))}`;

export function bookings(page, ask, word, say) {
  const card = page.querySelector("[data-booking]"), part = (name) => card.querySelector(`[data-${name}]`);

  function booked(slot) {
    const text = slot ? word("booked", { time: span(slot.start, slot.end) }) : "";
    for (const one of page.querySelectorAll("[data-booked-at]")) { one.textContent = text; one.hidden = !slot; }
    part("unbook").hidden = !slot;
  }

  async function list() {
    const told = await ask("slots"), select = part("time");
    select.replaceChildren(...told.slots.map((slot) => {
      const option = document.createElement("option");
      option.value = slot.start;
      option.textContent = slot.free ? span(slot.start, slot.end) : word("full", { time: span(slot.start, slot.end) });
      option.disabled = !slot.free;
      return option;
    }));
    const first = told.slots.find((slot) => slot.free);
    if (first) select.value = first.start;
    part("times").hidden = !first;
    part("none").hidden = Boolean(first);
    booked(told.booked);
  }

  function tried(doing) {
    return async () => {
      try { await doing(); } catch (fault) { const notice = page.querySelector("[data-notice]"); notice.hidden = false; notice.querySelector("p").textContent = fault.message; }
    };
  }

  part("show").addEventListener("click", tried(async () => { await list(); (part("times").hidden ? part("show") : part("time")).focus(); }));
  part("book").addEventListener("click", tried(async () => {
    const told = await ask("book", { start: part("time").value });
    booked(told.booked);
    part("times").hidden = true;
    say(part("booked-at").textContent);
  }));
  part("unbook").addEventListener("click", tried(async () => { await ask("unbook"); booked(null); say(word("unbooked")); }));
  const known = (page.dataset.booked || "").split("|");
  booked(known.length === 2 ? { start: known[0], end: known[1] } : null);
}
