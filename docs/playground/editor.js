// The playground and the calculator of sizes: an editor with tabs, findings as squiggles, the diff, and a link to share.
import { yaml } from "@codemirror/lang-yaml";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorView, lineNumbers } from "@codemirror/view";
import { minimalSetup } from "codemirror";
import { edited } from "./edits.js";
import { examples } from "./examples.js";

const LIMIT = 5000;
let worker;
let number = 0;

/** Runs command lines over files in a worker of its own; rejects after 5 seconds. */
function ask(runs, files) {
  worker ??= new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  const id = ++number;
  const asked = worker;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      asked.terminate();
      if (worker === asked) worker = undefined;
      reject(new Error("The check took more than 5 seconds and was ended."));
    }, LIMIT);
    asked.addEventListener("message", function answer({ data }) {
      if (data.id !== id) return;
      asked.removeEventListener("message", answer);
      clearTimeout(timer);
      if (data.error) reject(new Error(data.error));
      else resolve(data.answers);
    });
    asked.postMessage({ id, runs, files: [...files] });
  });
}

function element(name, attributes = {}, text = "") {
  const made = Object.assign(document.createElement(name), attributes);
  made.textContent = text;
  return made;
}

function playground(box) {
  let files = shared() ?? new Map(Object.entries(examples[0].files));
  let shown = [...files.keys()][0];
  let fixed;
  const bar = element("div", { className: "bar" });
  const place = element("div", { className: "editor" });
  const note = element("div", { className: "note" });
  const out = element("pre", { tabIndex: 0 });
  box.replaceChildren(bar, place, note, out);
  const view = new EditorView({
    parent: place,
    extensions: [
      lineNumbers(),
      minimalSetup,
      yaml(),
      lintGutter(),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        files.set(shown, update.state.doc.toString());
        later();
      }),
    ],
  });
  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(check, 250);
  };

  function draw() {
    const tabs = [...files.keys()].map((name) => {
      const tab = element("button", { type: "button", onclick: () => show(name) }, name);
      tab.setAttribute("aria-selected", String(name === shown));
      return tab;
    });
    const choose = element("select", { title: "Examples" });
    choose.append(element("option", {}, "Examples"), ...examples.map((one, at) => element("option", { value: String(at) }, one.title)));
    choose.onchange = () => load(new Map(Object.entries(examples[Number(choose.value)].files)));
    const add = element("button", { type: "button", onclick: () => named(prompt("Name of the file, such as compose.gpu.yaml or run.sh")) }, "+ file");
    const apply = element("button", { type: "button", disabled: !fixed, onclick: () => load(fixed) }, "Apply fixes");
    const share = element("button", { type: "button", onclick: link }, "Share");
    bar.replaceChildren(...tabs, add, choose, apply, share);
  }

  function show(name) {
    shown = name;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: files.get(name) ?? "" } });
    draw();
    later();
  }

  function load(other) {
    files = new Map(other);
    show([...files.keys()][0]);
  }

  function named(name) {
    const clean = (name ?? "").trim().replace(/^[./]+/, "");
    if (!clean || clean.includes("..")) return;
    files.set(clean, files.get(clean) ?? "");
    show(clean);
  }

  function link() {
    const text = btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify([...files]))));
    history.replaceState(null, "", `#${text}`);
    navigator.clipboard?.writeText(location.href).catch(() => {});
    note.textContent = "The link is in the address bar; the files are part of it, nothing was uploaded.";
  }

  async function check() {
    const names = [...files.keys()];
    try {
      const answers = await ask(
        {
          json: ["--pedantic", "--format", "json", ...names],
          human: ["--pedantic", ...names],
          diff: ["--diff", ...names],
        },
        files,
      );
      const { findings = [] } = JSON.parse(answers.json.stdout || "{}");
      mark(findings.filter((finding) => finding.path === shown));
      fixed = edited(files, findings);
      out.textContent = [answers.human.stdout, answers.human.stderr, answers.diff.stdout].filter(Boolean).join("\n");
      note.textContent = findings.length === 0 ? "No findings." : `${findings.length} finding${findings.length === 1 ? "" : "s"}.`;
    } catch (error) {
      note.textContent = String(error.message ?? error);
      fixed = undefined;
    }
    draw();
  }

  function mark(findings) {
    const { doc } = view.state;
    const offset = (line, column) => {
      if (line > doc.lines) return doc.length;
      const at = doc.line(line);
      return Math.min(at.to, at.from + [...at.text].slice(0, column - 1).join("").length);
    };
    const marks = findings.map((finding) => ({
      from: offset(finding.line, finding.column),
      to: Math.max(offset(finding.end_line, finding.end_column), offset(finding.line, finding.column)),
      severity: finding.severity === "note" ? "info" : finding.severity,
      message: `${finding.rule} ${finding.name}: ${finding.message}`,
    }));
    view.dispatch(setDiagnostics(view.state, marks));
  }

  show(shown);
}

/** The files in the address, which are only ever shown as text. */
function shared() {
  try {
    const bytes = Uint8Array.from(atob(location.hash.slice(1)), (char) => char.charCodeAt(0));
    const files = new Map(JSON.parse(new TextDecoder().decode(bytes)));
    const plain = [...files].every(([name, text]) => typeof name === "string" && typeof text === "string");
    return files.size > 0 && plain ? files : undefined;
  } catch {
    return undefined;
  }
}

function calculator(box) {
  const fields = [
    ["workers", "Workers", "4"],
    ["batch-size", "Batch size", "64"],
    ["sample", "Shape of a sample", "3x224x224"],
    ["dtype", "Type", "float32"],
    ["prefetch-factor", "Prefetch factor", "2"],
    ["ranks", "Processes (one a GPU)", "1"],
  ];
  const form = element("div", { className: "calculator" });
  const out = element("pre");
  const inputs = fields.map(([name, title, value]) => {
    const label = element("label", {}, title);
    const input = element("input", { name, value });
    label.append(input);
    form.append(label);
    return input;
  });
  box.replaceChildren(form, out);
  box.className = "";
  const update = async () => {
    const args = ["size", ...inputs.flatMap((input) => [`--${input.name}`, input.value.trim()])];
    try {
      const { size } = await ask({ size: args }, new Map());
      out.textContent = size.stdout || size.stderr;
    } catch (error) {
      out.textContent = String(error.message ?? error);
    }
  };
  inputs.forEach((input) => input.addEventListener("input", update));
  update();
}

for (const box of document.querySelectorAll("#playground")) playground(box);
for (const box of document.querySelectorAll("#calculator")) calculator(box);
