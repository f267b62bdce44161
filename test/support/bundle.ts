/** A Worker as it would be deployed: bundled by wrangler, which needs neither an account nor a network for that. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const WRANGLER = join(
  dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
  "bin/wrangler.js",
);

export interface Bundle {
  script: string;
  /** Modules of WebAssembly. */
  wasm: string[];
}

/**
 * Writes into a folder; `config` is a path from the project's root, which may be that of another state of it. Paths of
 * what is uploaded.
 */
export function bundled(config: string, folder: string, root = ROOT): Bundle {
  const args = ["deploy", "--dry-run", "--outdir", folder, "--config", join(root, config)];
  const { status, stdout, stderr } = spawnSync(process.execPath, [WRANGLER, ...args], {
    cwd: root,
    encoding: "utf8",
    env: {
      ...process.env,
      FORCE_COLOR: "0",
      WRANGLER_HIDE_BANNER: "true",
      WRANGLER_LOG_PATH: join(folder, "log"),
      WRANGLER_SEND_METRICS: "false",
    },
  });
  if (status !== 0) throw new Error(`wrangler can't bundle the Worker:\n${stdout}\n${stderr}`);
  const files = readdirSync(folder);
  const script = files.find((name) => name.endsWith(".js"));
  if (!script) throw new Error(`wrangler wrote no script into ${folder}.`);
  return {
    script: join(folder, script),
    wasm: files.filter((name) => name.endsWith(".wasm")).map((name) => join(folder, name)),
  };
}
