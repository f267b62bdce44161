/**
 * Checks films of every pair of clips that can be joined, and of every kind of song, with GStreamer,
 * MediaInfo and ffprobe. Fails when one of them reports an error, or counts other pictures.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { faultsOf } from "../support/conformance.ts";
import { editList, madeOf, otherFile, song } from "../support/films.ts";
import { joins, PAIRS, picturesOf } from "../support/pairs.ts";

const PROGRAMS = [
  ["gst-discoverer-1.0", "gstreamer1.0-plugins-base-apps"],
  ["mediainfo", "mediainfo"],
  ["ffprobe", "ffmpeg"],
] as const;
type Program = (typeof PROGRAMS)[number][0];

function run(program: Program, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  return { status, out: stdout, said: stderr.trim() };
}

const Report = z.object({
  media: z.object({
    track: z.array(
      z.object({
        "@type": z.string(),
        FrameCount: z.string().optional(),
        extra: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
  }),
});
/** MediaInfo's fields that report a fault. */
const FAULT = /Conformance|Truncated|Error/i;

/** The errors that each of them reports. */
function complaints(path: string, pictures: number): string[] {
  const found: string[] = [];
  const gst = run("gst-discoverer-1.0", path);
  if (gst.status !== 0 || gst.said) found.push(`gst-discoverer-1.0: ${gst.status} ${gst.said}`);
  if (/error|missing|unknown codec/i.test(gst.out)) found.push(`gst-discoverer-1.0: ${gst.out}`);
  if (!/video #\d+: H\.264/.test(gst.out)) found.push("gst-discoverer-1.0 sees no H.264");
  const { track } = Report.parse(JSON.parse(run("mediainfo", "--Output=JSON", path).out)).media;
  for (const { "@type": kind, extra } of track)
    for (const [name, value] of Object.entries(extra ?? {}))
      if (FAULT.test(name)) found.push(`mediainfo: ${kind}: ${name} ${JSON.stringify(value)}`);
  const counted = track.find((one) => one["@type"] === "Video")?.FrameCount;
  if (counted !== String(pictures)) found.push(`mediainfo counts ${counted} pictures of ${pictures}`);
  const probe = run(
    "ffprobe",
    "-v",
    "warning",
    "-count_packets",
    "-show_entries",
    "stream=nb_read_packets",
    path,
  );
  if (probe.status !== 0 || probe.said) found.push(`ffprobe: ${probe.status} ${probe.said}`);
  if (!probe.out.includes(`nb_read_packets=${pictures}\n`)) found.push("ffprobe counts other pictures");
  return found;
}

const missing = PROGRAMS.filter(([program]) => spawnSync(program, ["--version"]).error);
for (const [program, from] of missing)
  console.error(`${program} is not installed: it is in Debian's package ${from} (apt-get install ${from}).`);
if (missing.length > 0) process.exit(1);

const folder = mkdtempSync(join(tmpdir(), "omvee-readers-"));
const pairs = PAIRS.filter(joins);
const SONGS = ["cbr.mp3", "pcm24-stereo.wav", "song.flac", "vorbis.ogg", "opus.ogg", "faststart.m4a"];
let films = 0;
let failed = 0;

function look(name: string, bytes: Uint8Array, pictures: number): void {
  const path = join(folder, "film.mp4");
  writeFileSync(path, bytes);
  const found = [...faultsOf(bytes), ...complaints(path, pictures)];
  films++;
  if (found.length > 0) failed++;
  for (const fault of found) console.log(`${name}: ${fault}`);
}

try {
  for (const [first, second] of pairs) {
    const { bytes } = await madeOf(editList([first, 51], [second, 50]));
    look(`${first} and ${second}`, bytes, picturesOf(first, 51) + picturesOf(second, 50));
  }
  for (const name of SONGS) {
    for (const sound of ["aac", "original"] as const) {
      const clips = editList(["a-5s-24fps", 90], ["bframes-5s-24fps", 6]);
      const { bytes, result } = await madeOf(clips, { song: song(`audio/${name}`), sound });
      look(`${name}, ${sound}`, bytes, 96);
      const other = otherFile(bytes, result.withoutEdits);
      if (other) look(`${name}, ${sound}, without edit lists`, other, 96);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${films} films, ${failed} with a complaint`);
process.exitCode = failed > 0 ? 1 : 0;
