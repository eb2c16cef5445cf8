// 「I have read it」 can be pressed once the end of the text has been in sight.

const form = document.querySelector("form[data-read]"), end = document.getElementById("end");
if (form && end && window.IntersectionObserver) {
  const button = form.querySelector("button"), more = form.querySelector("[data-more]");
  const able = (yes) => {
    button.disabled = !yes;
    more.hidden = yes;
  };
  able(false);
  const watcher = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    able(true);
    watcher.disconnect();
  }, { rootMargin: "0px 0px 120px 0px" });
  watcher.observe(end);
}
