/** Bundles a Worker as for a deployment, by wrangler, without an account and without the network. */
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
  /** Paths of the WebAssembly modules. */
  wasm: string[];
}

/**
 * Writes the bundle into `folder` and returns the paths of what would be uploaded. `config`: path from
 * `root`, which may be another checkout of the project.
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
