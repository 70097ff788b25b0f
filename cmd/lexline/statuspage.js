// Keeps the page fresh in place: what is open stays open, and what was scrolled stays
// where it is. Without it the page loads itself anew every five seconds.
(() => {
  "use strict";
  const every = 5000, patience = 4000; // milliseconds
  let seen = Date.now();

  const say = (text) => {
    const note = document.getElementById("refresh");
    note.textContent = text;
    note.className = "bad";
  };

  const swap = (next) => {
    const open = new Set([...document.querySelectorAll("details[open]")].map((d) => d.id));
    const left = new Map([...document.querySelectorAll(".wide, pre")].map((e) => [e.id, e.scrollLeft]));
    const [x, y] = [window.scrollX, window.scrollY];
    const focused = document.activeElement && document.activeElement.closest("details");
    for (const d of next.querySelectorAll("details")) d.open = open.has(d.id);
    document.title = next.title;
    document.body.className = "";
    document.body.replaceChildren(...next.body.childNodes);
    for (const e of document.querySelectorAll(".wide, pre")) e.scrollLeft = left.get(e.id) || 0;
    if (focused) document.getElementById(focused.id)?.querySelector("summary").focus({ preventScroll: true });
    window.scrollTo(x, y);
  };

  const refresh = async () => {
    try {
      if (String(document.getSelection())) { // somebody copies a call's id
        say("Nothing is refreshed while text is selected.");
        return;
      }
      const answer = await fetch(location.origin + location.pathname, {
        headers: { Accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(patience),
      });
      if (answer.status === 401) return location.reload(); // the browser asks for the token
      if (!answer.ok) throw new Error(`the gateway answers ${answer.status}`);
      swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
      seen = Date.now();
    } catch (fault) {
      document.title = "NO ANSWER · " + document.title.replace(/^NO ANSWER · /, "");
      document.body.className = "stale";
      say(`NO ANSWER for ${Math.round((Date.now() - seen) / 1000)} s: what stands here is as old. (${fault.message})`);
    } finally {
      setTimeout(refresh, every);
    }
  };
  setTimeout(refresh, every);
})();
