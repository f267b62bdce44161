/** Global setup of the tests that run ffmpeg: fails without it. */
import { spawnSync } from "node:child_process";

export default function setup() {
  for (const program of ["ffmpeg", "ffprobe"])
    if (spawnSync(program, ["-version"]).status !== 0)
      throw new Error(`These tests need ${program}: apt-get install ffmpeg`);
}
