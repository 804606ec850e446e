// The edits of a report in JSON, made as `--fix` makes them.

/** The files with the safe fixes of all findings made, each whole or not at all; nothing where there is none. Offsets count bytes. */
export function edited(files, findings) {
  const taken = [];
  const same = (a, b) => a.path === b.path && a.start_byte === b.start_byte && a.end_byte === b.end_byte && a.replacement === b.replacement;
  const overlap = (a, b) => a.path === b.path && (a.start_byte === b.start_byte ? a.end_byte > a.start_byte && b.end_byte > b.start_byte : a.start_byte < b.end_byte && b.start_byte < a.end_byte);
  for (const { fix } of findings) {
    if (fix?.safety !== "safe") continue;
    const fresh = fix.edits.filter((edit) => !taken.some((other) => same(edit, other)));
    if (!fresh.some((edit) => taken.some((other) => overlap(edit, other)))) taken.push(...fresh);
  }
  if (taken.length === 0) return undefined;
  // From the last to the first, so that offsets stay true; insertions at one place follow each other by their text.
  taken.sort((a, b) => b.start_byte - a.start_byte || b.end_byte - a.end_byte || (a.replacement < b.replacement ? 1 : -1));
  const made = new Map(files);
  for (const { path, start_byte, end_byte, replacement } of taken) {
    const bytes = new TextEncoder().encode(made.get(path) ?? "");
    const decode = (part) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(part);
    made.set(path, decode(bytes.subarray(0, start_byte)) + replacement + decode(bytes.subarray(end_byte)));
  }
  return made;
}
