// The check runs here, so that a text that takes long never holds the page: after 5 seconds the page ends this worker.
import { run } from "./run.js";

let module;

self.onmessage = async ({ data }) => {
  try {
    module ??= await WebAssembly.compileStreaming(fetch(new URL("shmlint.wasm", import.meta.url)));
    const answers = {};
    for (const [name, args] of Object.entries(data.runs)) answers[name] = await run(module, args, new Map(data.files));
    self.postMessage({ id: data.id, answers });
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error) });
  }
};
