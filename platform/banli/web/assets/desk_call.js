// A page of a counter at the desk asks its plugin, or hands it bytes.

const token = document.querySelector("meta[name=csrf]").content;

// What the plugin said. Throws an Error whose message can be shown; `code` is the problem's, "offline" when there is no network.
export function call(path, said = {}) {
  return ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(said) });
}

export function put(path, query, bytes) {
  return ask(`${path}?${new URLSearchParams(query)}`, { method: "PUT", headers: { "Content-Type": "application/octet-stream" }, body: bytes });
}

async function ask(path, request) {
  let answer;
  try {
    answer = await fetch(path, { ...request, headers: { ...request.headers, "X-CSRF-Token": token }, redirect: "manual" });
  } catch {
    throw Object.assign(new Error(document.getElementById("offline").textContent), { code: "offline" });
  }
  // Signed out: the page's address leads to the door and back.
  if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 400) {
    location.reload();
    return new Promise(() => {});
  }
  if (answer.status === 413 || answer.status === 404) throw Object.assign(new Error(`${answer.status}`), { code: "not_here" });
  const told = await answer.json();
  if (told.problem) throw Object.assign(new Error(told.problem.text), { code: told.problem.code });
  return told.said;
}
