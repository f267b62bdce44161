/** Finds comments, documents and configuration that name a file or a folder that is not there. */
import { posix } from "node:path";
import { partsOf } from "./text.ts";

/** A path or a bare name of a file of the kinds that the project has. Names with a `*` or a `<` are patterns. */
const FILE = /(?<![\w@:/.*<>-])(?:\.{1,2}\/|[\w.-]+\/)*[\w.-]+\.(?:ts|md|toml|sql|json|wasm)(?![\w*/<-])/g;

/** A folder of the project, with a slash after it; also the fixed start of a pattern. */
const FOLDER = /(?<![\w@:/.*<>-])(?:src|test|drizzle)\/(?:[\w-]+\/)*(?!\.?[\w-])/g;

/** Files that others have, or that a user makes; each is named where it is cited. */
const FOREIGN = new Set([
  // cloudflare/workers-docs
  "resource-limits.md",
  // OpenTimelineIO
  "docs/tutorials/otio-serialized-schema.md",
  "docs/tutorials/otio-serialized-schema-only-fields.md",
  // mediabunny
  "matroska/ebml.ts",
  // mp4box.js
  "src/boxes/dfLa.ts",
  // Chromium
  "net/docs/proxy.md",
]);

/** `example.com/a/b.json`, or what stands behind `https://`. */
const isAddress = (name: string, before: string): boolean =>
  /^[\w-]+(\.[\w-]+)+\//.test(name) || /https?:\/\/\S*$/.test(before);

/** What is wrong with a file, one sentence each. `files` are the paths of the repository. */
export function missingFiles(path: string, source: string, files: readonly string[]): string[] {
  const texts = path.endsWith(".ts")
    ? partsOf(source).filter((part) => part.kind === "comment")
    : [{ text: source, line: 1 }];
  const exists = (name: string) => {
    const plain = name.replace(/^\.\//, "");
    const beside = posix.normalize(posix.join(posix.dirname(path), name));
    return files.some((file) => file === plain || file === beside || file.endsWith(`/${plain}`));
  };
  const isFolder = (name: string) => files.some((file) => file.startsWith(name));
  return texts.flatMap(({ text, line }) => {
    const missing = (pattern: RegExp, isThere: (name: string) => boolean, kind: string) =>
      [...text.matchAll(pattern)].flatMap(({ 0: name, index }) => {
        const before = text.slice(0, index);
        if (FOREIGN.has(name) || isThere(name) || isAddress(name, before)) return [];
        const at = line + before.split("\n").length - 1;
        return [`${path}:${at}: "${name}" is named, and there is no such ${kind}.`];
      });
    return [...missing(FILE, exists, "file"), ...missing(FOLDER, isFolder, "folder")];
  });
}
