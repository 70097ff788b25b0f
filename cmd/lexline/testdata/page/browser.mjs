// As much of a browser as the script of the status page needs: node browser.mjs SCRIPT.
// It prints a line for whatever is not as it must be, and then how many things it looked at.
import { readFileSync } from "node:fs";
import vm from "node:vm";

let looked = 0;
const want = (what, got, wanted) => {
  looked++;
  if (JSON.stringify(got) !== JSON.stringify(wanted)) console.log(`${what}: ${JSON.stringify(got)}, want ${JSON.stringify(wanted)}`);
};

class Element {
  constructor(tag, id, more = {}) { Object.assign(this, { tag, id, open: false, scrollLeft: 0, textContent: "", className: "" }, more); }
  closest(tag) { return this.inside?.tag === tag ? this.inside : null; }
  querySelector() { return this.summary; }
  focus() { page.activeElement = this; }
}

// part makes what the page has: two details with evidence, a table that scrolls, the note.
const part = () => {
  const details = [0, 1].map((i) => {
    const d = new Element("details", `evidence-${i}`);
    d.summary = new Element("summary", "", { inside: d });
    return d;
  });
  return [new Element("span", "refresh"), new Element("div", "regions", { wide: true }), new Element("pre", "evidence-words-0"), ...details];
};

class Document {
  constructor(title) {
    this.title = title;
    const body = { className: "", childNodes: part(), replaceChildren: (...nodes) => { body.childNodes = nodes; view.scrollY = 0; } };
    this.body = body;
  }
  querySelectorAll(selector) {
    const all = this.body.childNodes;
    switch (selector) {
      case "details": return all.filter((e) => e.tag === "details");
      case "details[open]": return all.filter((e) => e.tag === "details" && e.open);
      case ".wide, pre": return all.filter((e) => e.wide || e.tag === "pre");
    }
    throw new Error(`the test knows no ${selector}`);
  }
  getElementById(id) { return this.body.childNodes.find((e) => e.id === id); }
  getSelection() { return { toString: () => selected }; }
}

let selected = "", answer, asked = [], reloads = 0, waiting = [];
const page = new Document("0 live · ready");
const view = { scrollX: 0, scrollY: 0, scrollTo(x, y) { view.scrollX = x; view.scrollY = y; } };
vm.runInNewContext(readFileSync(process.argv[2], "utf8"), {
  document: page, window: view, AbortSignal, Date, Math, JSON, Map, Set, String, Error,
  location: { origin: "http://127.0.0.1:8471", pathname: "/status", reload: () => { reloads++; } },
  DOMParser: class { parseFromString(text) { return new Document(text); } },
  setTimeout: (f, ms) => { waiting.push([f, ms]); },
  fetch: async (url, options) => { asked.push([url, options.headers.Accept]); if (answer instanceof Error) throw answer; return answer; },
});
const tick = async () => {
  want("waits", waiting.map(([, ms]) => ms), [5000]);
  await waiting.shift()[0]();
};
const good = (title) => ({ ok: true, status: 200, text: async () => title });

// What is open, scrolled and focused stays so.
page.getElementById("evidence-1").open = true;
page.activeElement = page.getElementById("evidence-1").summary;
page.getElementById("regions").scrollLeft = 70;
view.scrollY = 400;
const before = page.body.childNodes;
answer = good("1 live · ready");
await tick();
want("asked", asked, [["http://127.0.0.1:8471/status", "text/html"]]);
want("title", page.title, "1 live · ready");
want("the page is another one", page.body.childNodes === before, false);
want("open", page.querySelectorAll("details").map((d) => d.open), [false, true]);
want("scrolled", [view.scrollY, page.getElementById("regions").scrollLeft], [400, 70]);
want("focus", page.activeElement === page.getElementById("evidence-1").summary, true);

// A gateway that is gone leaves nothing that looks alive, and comes back.
answer = new Error("connection refused");
await tick();
await tick();
want("title without an answer", page.title, "NO ANSWER · 1 live · ready");
want("look without an answer", page.body.className, "stale");
want("note without an answer", /^NO ANSWER for \d+ s: .*connection refused/.test(page.getElementById("refresh").textContent), true);
answer = { ok: false, status: 503 };
await tick();
want("note after a refusal", /the gateway answers 503/.test(page.getElementById("refresh").textContent), true);
answer = good("2 live · ready");
await tick();
want("back again", [page.title, page.body.className, page.getElementById("refresh").textContent], ["2 live · ready", "", ""]);

// Who selects text is not disturbed, and told so.
selected = "CA07fc3c";
asked = [];
await tick();
want("asked while text is selected", asked, []);
want("note while text is selected", page.getElementById("refresh").textContent, "Nothing is refreshed while text is selected.");
selected = "";

// Another token: the browser asks for it.
answer = { ok: false, status: 401 };
await tick();
want("reloads", reloads, 1);
console.log(`looked at ${looked} things`);
