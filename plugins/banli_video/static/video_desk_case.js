// What stands beside the picture of a call or film: the client's data, the questions, the pictures, the reasons to send them back.
//
// beside(root, { id, words, tell(text), mended(), photographed() }) gives { brief, look(), kept(), missing(), reasons() }. `brief` is the case
// as it is shown, null until it has come; `mended()` is called when something was answered; `photographed()` a picture of the client, or null.

import { call as ask, put } from "./desk_call.js";

const picture = (call, file) => `/desk/video/file/picture?${new URLSearchParams({ call, file })}`;

function element(tag, text, more = {}) {
  return Object.assign(document.createElement(tag), { textContent: text }, more);
}

export function beside(root, { id, words, tell, mended, photographed }) {
  const find = (name) => root.querySelector(`[data-${name}]`), put_ = (name, text) => { find(name).textContent = text; };
  let brief = null, pending = null, keeping = Promise.resolve();

  // --- what the client has entered, and what is to be asked
  function lines(cell, texts) {
    (texts.length ? texts : [words.empty]).forEach((text, nth) => cell.append(...(nth ? [document.createElement("br"), text] : [text])));
    return cell;
  }

  function draw(told) {
    const fresh = brief && told.revision !== brief.revision;
    // What was ticked just now may still be on its way.
    brief = fresh ? { ...told, answers: { ...told.answers, ...brief.answers } } : told;
    put_("case", told.number);
    put_("business", told.business);
    put_("client", told.client);
    if (root.dataset.film) put_("digits", told.digits);
    find("changed").hidden = !fresh;
    const changed = told.lines.filter((one) => one.changed), same = told.lines.filter((one) => !one.changed);
    find("lines").replaceChildren(...changed.map((one) => {
      const row = document.createElement("tr");
      const head = element("th", one.title);
      head.scope = "row";
      row.append(head, lines(element("td", "", { className: "old" }), one.before), lines(element("td", "", { className: "new" }), one.after));
      return row;
    }));
    find("lines").closest("table").hidden = !changed.length;
    find("same").replaceChildren(...same.map((one) => {
      const pair = document.createElement("div");
      pair.append(element("dt", one.title), lines(element("dd", ""), one.after.length ? one.after : one.before));
      return pair;
    }));
    find("rest").hidden = !same.length;
    find("rest").open = !changed.length;
    find("photos-card").hidden = !told.photos.length;
    find("photos").replaceChildren(...told.photos.map((one) => {
      const figure = find("photo").content.cloneNode(true), link = figure.querySelector("a"), image = figure.querySelector("img");
      link.href = image.src = picture(id, one.file);
      link.dataset.zoom = image.alt = figure.querySelector("figcaption").textContent = one.title;
      return figure;
    }));
    if (!fresh) {
      questions(told);
      find("notes").value = told.notes;
    }
    slots(told);
    reasons(told);
  }

  function questions(told) {
    find("script").hidden = !told.questions.length;
    find("questions").replaceChildren(...told.questions.map((one, nth) => {
      const group = document.createElement("fieldset");
      group.className = "question";
      const text = element("legend", `${nth + 1}. ${one.text}`);
      group.append(text);
      // A question without answers is itself what is ticked.
      const answers = one.answers, alone = !answers.length;
      for (const [answer, said] of alone ? [["yes", words.said]] : answers) {
        const label = element("label", ""), tick = document.createElement("input");
        Object.assign(tick, { type: alone ? "checkbox" : "radio", name: `q-${one.id}`, value: answer, checked: told.answers[one.id] === answer });
        tick.onchange = () => answered(one.id, tick.checked ? answer : "");
        label.append(tick, ` ${said}`);
        if (one.must === answer) label.append(" ", element("span", words.needed, { className: "muted" }));
        group.append(label);
      }
      return group;
    }));
    count();
  }

  function count() {
    const done = brief.questions.filter((one) => brief.answers[one.id]).length;
    put_("answered", `${done} / ${brief.questions.length}`);
    find("answered").className = `tag ${done === brief.questions.length ? "good" : "warn"}`;
    brief.questions.forEach((one, nth) => {
      const wrong = one.must && brief.answers[one.id] && brief.answers[one.id] !== one.must;
      find("questions").children[nth].classList.toggle("wrong", Boolean(wrong));
    });
  }

  // Ticks and notes are kept as they are made; without a network they are kept with the next ones.
  function keep() {
    clearTimeout(pending);
    pending = setTimeout(() => {
      keeping = ask("/desk/video/keep", { call: id, answers: brief.answers, notes: find("notes").value }).catch(() => {
        pending = setTimeout(keep, 3000);
      });
    }, 300);
  }

  function answered(question, answer) {
    brief.answers[question] = answer;
    count();
    keep();
    mended();
  }
  find("notes").oninput = () => brief && keep();

  // --- pictures out of the client's video
  function slots(told) {
    find("slots").closest("section").hidden = !told.slots.length;
    find("slots").replaceChildren(...told.slots.map((slot) => {
      const figure = find("slot").content.cloneNode(true).firstElementChild;
      const seek = (name) => figure.querySelector(`[data-${name}]`), file = told.snapshots[slot.id];
      seek("title").textContent = slot.title;
      seek("note").textContent = [slot.optional ? words.optional : "", slot.hint].filter(Boolean).join(" · ");
      seek("none").hidden = Boolean(file);
      seek("picture").hidden = !file;
      if (file) Object.assign(seek("picture"), { src: picture(id, file), alt: slot.title });
      seek("take").textContent = file ? words.retake : words.take;
      seek("take").setAttribute("aria-label", `${seek("take").textContent}: ${slot.title}`);
      seek("take").onclick = () => take(slot.id, seek("take"));
      return figure;
    }));
  }

  async function take(slot, button) {
    tell("");
    button.disabled = true;
    try {
      const made = await photographed();
      if (!made) {
        button.disabled = false;
        return tell(words.noPicture);
      }
      const told = await put("/desk/video/snapshot", { call: id, slot }, made);
      brief.snapshots[slot] = told.file;
      slots(brief);
    } catch (fault) {
      tell(fault.message);
      button.disabled = false;
    }
  }

  // --- reasons to send the client back
  function reasons(told) {
    const ticked = new Set([...find("reasons").querySelectorAll("input:checked")].map((one) => one.value));
    find("reasons").replaceChildren(...told.reasons.map((one) => {
      const row = element("p", "", { className: "tick" });
      const tick = Object.assign(document.createElement("input"), { type: "checkbox", id: `r-${one.id}`, value: one.id, checked: ticked.has(one.id) });
      const label = element("label", one.text);
      label.htmlFor = tick.id;
      row.append(tick, label, element("span", one.pages.length ? `${words.opens} ${one.pages.join(words.between)}` : "", { className: "muted" }));
      return row;
    }));
  }

  // --- the decision
  // Why the client cannot pass yet, or "".
  function missing() {
    if (!brief || brief.questions.some((one) => !brief.answers[one.id])) return words.incomplete;
    if (brief.questions.some((one) => one.must && brief.answers[one.id] !== one.must)) return words.wrong;
    return brief.slots.some((slot) => !slot.optional && !brief.snapshots[slot.id]) ? words.missing : "";
  }

  return {
    get brief() { return brief; },
    async look() {
      const told = await ask("/desk/video/brief", { call: id, seen: brief ? brief.revision : -1 });
      if (!told.same) draw(told);
    },
    // Everything that was ticked and written has arrived.
    async kept() {
      clearTimeout(pending);
      await keeping;
      await ask("/desk/video/keep", { call: id, answers: brief.answers, notes: find("notes").value });
    },
    missing,
    reasons: () => [...find("reasons").querySelectorAll("input:checked")].map((one) => one.value),
  };
}
