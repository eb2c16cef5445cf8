// A page of a plugin talks to its plugin: one question, one answer; asked again when the network was silent.

const form = document.getElementById("f");

// What the plugin said. Goes on to the next page when the step is done. Throws an Error whose message can be shown.
export async function call(name, said = {}, tries = 3) {
  let answer = null;
  for (let turn = 1; !answer; turn += 1) {
    try {
      answer = await fetch(`${form.action}/call/${name}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": form.elements._csrf.value },
        body: JSON.stringify(said),
        redirect: "manual",
      });
    } catch {
      if (turn >= tries) throw new Error(document.getElementById("offline").textContent);
      await new Promise((done) => setTimeout(done, 400 * 2 ** turn));
    }
  }
  // Logged out, or the page is an old one: its address knows where to go.
  if (answer.type === "opaqueredirect" || answer.status === 400 || answer.status === 404) return leave(location.pathname);
  const told = await answer.json();
  if (told.problem) throw Object.assign(new Error(told.problem.text), { code: told.problem.code });
  return told.next ? leave(told.next) : told.said;
}

function leave(address) {
  location.replace(address);
  return new Promise(() => {});
}
