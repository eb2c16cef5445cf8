// Supervisors: lines, waits and agents as they are now; a client to another line, an agent's number and lines, the end of a call.

import { call } from "./desk_call.js";
import { wire } from "./wire.js";

const root = document.getElementById("video-watch"), words = root.dataset;
const find = (name, from = root) => from.querySelector(`[data-${name}]`);
let told = null, ahead = 0;

function problem(text) {
  find("problem").hidden = !text;
  find("problem").firstElementChild.textContent = text;
}

async function does(path, said) {
  problem("");
  try {
    await call(`/desk/video-watch/${path}`, said);
    return true;
  } catch (fault) {
    problem(fault.message);
    return false;
  }
}

function spent(since) {
  const seconds = Math.max(0, Math.round((Date.now() + ahead - Date.parse(since)) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
const longest = (waiting) => (waiting.length ? spent(waiting.reduce((a, b) => (a.since < b.since ? a : b)).since) : "–");
const put = (node, text) => { if (node.textContent !== String(text)) node.textContent = text; };
const title = (queue) => queue.title || words.own;

// What somebody types in or has open stays as it is while the figures go on.
function rows(body, template, wanted, key, draw) {
  const known = new Map([...body.children].map((row) => [row.dataset.key, row]));
  wanted.forEach((one, nth) => {
    let row = known.get(key(one));
    if (!row) {
      row = find(template).content.firstElementChild.cloneNode(true);
      row.dataset.key = key(one);
    }
    known.delete(key(one));
    if (body.children[nth] !== row) body.insertBefore(row, body.children[nth] || null);
    draw(row, one);
  });
  for (const row of known.values()) row.remove();
}

function options(select, wanted) {
  if (select === document.activeElement) return;
  const kept = select.value;
  select.replaceChildren(...wanted.map(([value, text]) => new Option(text, value)));
  if (wanted.some(([value]) => value === kept)) select.value = kept;
}

function company(one) {
  const part = root.querySelector(`[data-company="${one.id}"]`);
  if (!part) return;
  const waiting = one.queues.flatMap((queue) => queue.waiting);
  put(find("waiting", part), waiting.length);
  put(find("longest", part), longest(waiting));
  put(find("served", part), one.queues.reduce((sum, queue) => sum + queue.served.length, 0));
  put(find("answered", part), one.level.answered);
  put(find("share", part), one.level.answered ? `${Math.round(one.level.share * 100)} %` : "–");
  put(find("average", part), one.level.answered ? `${Math.floor(one.level.average / 60)}:${String(one.level.average % 60).padStart(2, "0")}` : "–");
  rows(find("queues", part), "queue", one.queues, (queue) => `${one.id}|${queue.code}`, (row, queue) => {
    put(find("title", row), title(queue));
    put(find("people", row), queue.waiting.length);
    put(find("wait", row), longest(queue.waiting));
    put(find("with", row), queue.served.join(", ") || "–");
    const form = find("move", row), others = one.queues.filter((other) => other.code !== queue.code);
    form.hidden = !queue.waiting.length || !others.length;
    options(find("work", form), queue.waiting.map((work, nth) => [work.work, `${nth + 1}. ${spent(work.since)}`]));
    options(find("to", form), others.map((other) => [other.code, title(other)]));
    form.onsubmit = (event) => {
      event.preventDefault();
      does("move", { work: find("work", form).value, queue: find("to", form).value });
    };
  });
}

function agents(all) {
  find("nobody").hidden = all.length > 0;
  rows(find("agents"), "agent", all, (one) => one.actor, (row, one) => {
    const looks = { off: "tag", working: "tag good", break: "tag warn", away: "tag bad" };
    put(find("name", row), one.name);
    put(find("state", row), one.call ? words.call : words[one.state]);
    find("state", row).className = one.call ? "tag state" : looks[one.state];
    put(find("since", row), one.call ? spent(one.began) : one.since ? spent(one.since) : "–");
    const names = told.companies.flatMap((house) => house.queues.filter((queue) => (one.queues[house.id] || []).includes(queue.code)).map(title));
    put(find("lines", row), names.join(", ") || "–");
    const form = find("appoint", row), field = find("number", form);
    if (field !== document.activeElement && field.dataset.was !== one.number) field.value = field.dataset.was = one.number;
    form.onsubmit = async (event) => {
      event.preventDefault();
      await does("appoint", { agent: one.actor, company: one.companies.find((code) => root.querySelector(`[data-company="${code}"]`)), number: field.value });
    };
    find("queues-of", row).onclick = () => choose(one);
    find("stop", row).hidden = !one.call;
    find("stop", row).onclick = () => sure(() => does("end", { call: one.call }));
  });
}

function choose(one) {
  const dialog = find("choose"), houses = told.companies.filter((house) => one.companies.includes(house.id));
  put(find("whose"), one.name);
  find("choices").replaceChildren(...houses.map((house) => {
    const group = document.createElement("fieldset");
    group.dataset.of = house.id;
    group.append(Object.assign(document.createElement("legend"), { textContent: house.name }));
    for (const [nth, queue] of house.queues.entries()) {
      const line = Object.assign(document.createElement("p"), { className: "tick" });
      const tick = Object.assign(document.createElement("input"), { type: "checkbox", id: `c-${house.id}-${nth}`, value: queue.code });
      tick.checked = !one.may[house.id] || one.may[house.id].includes(queue.code);
      const label = Object.assign(document.createElement("label"), { textContent: title(queue), htmlFor: tick.id });
      line.append(tick, label);
      group.append(line);
    }
    return group;
  }));
  find("cancel").onclick = () => dialog.close();
  dialog.querySelector("form").onsubmit = async () => {
    for (const group of find("choices").children) {
      const queues = [...group.querySelectorAll("input:checked")].map((tick) => tick.value);
      await does("appoint", { agent: one.actor, company: group.dataset.of, queues });
    }
  };
  dialog.showModal();
}

function sure(then) {
  const dialog = find("sure");
  find("no").onclick = () => dialog.close();
  find("yes").onclick = () => { dialog.close(); then(); };
  dialog.showModal();
}

function draw() {
  if (!told) return;
  told.companies.forEach(company);
  agents(told.agents);
}

wire({
  onSaid(said) {
    if (said.k !== "now") return;
    ahead = Date.parse(said.at) - Date.now();
    told = said;
    put(find("at"), new Date(said.at).toLocaleTimeString("sv", { timeZone: "Asia/Shanghai" }));
    find("offline-note").hidden = true;
    draw();
  },
  onDown() { find("offline-note").hidden = false; },
  onGone() { location.reload(); },
}, "/desk/video-watch/wire");
setInterval(draw, 1000);
