// Which shmlint is started. Opening a folder must run nothing of it: a binary that lies in the workspace counts only where the
// workspace is trusted.
import * as path from "node:path";

export interface Surroundings {
  /** The machine setting `shmlint.path`. */
  configured: string;
  trusted: boolean;
  folders: string[];
  platform: NodeJS.Platform;
  exists(file: string): boolean;
}

/** The command to start: the configured path, the Python environment of a trusted workspace, or the name for PATH. */
export function binary(at: Surroundings): string {
  const name = at.platform === "win32" ? "shmlint.exe" : "shmlint";
  const inside = (file: string) => at.folders.some((folder) => path.resolve(file).startsWith(path.resolve(folder) + path.sep));
  if (at.configured && (at.trusted || !inside(at.configured))) return at.configured;
  if (at.trusted) {
    const scripts = at.platform === "win32" ? "Scripts" : "bin";
    for (const folder of at.folders) {
      for (const environment of [".venv", "venv"]) {
        const file = path.join(folder, environment, scripts, name);
        if (at.exists(file)) return file;
      }
    }
  }
  return name;
}
