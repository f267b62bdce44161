import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ALL_FORMATS,
  BufferSource,
  EncodedPacketSink,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
} from "mediabunny";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { resampler } from "../../src/media/lib/resample.ts";
import { faultsOf } from "../support/conformance.ts";
import { offsetSamples } from "../support/correlation.ts";
import { decodedSound } from "../support/decoded-film.ts";
import { frontend } from "../support/frontend.ts";
import { soundOf } from "../support/sound.ts";
import { startWorld, type World } from "../support/world.ts";

const SONG = "test/fixtures/song.mp3";
/** Its audible length (song.json); its encoder put 71 ms of silence around that. */
const SONG_SECONDS = 65;
/** Small pictures, since these tests do not look at them. */
const SETTINGS = { clip_resolution: "480p", scenes: { min_seconds: 8, max_seconds: 12 } };

const Counts = z.record(z.string(), z.number());
const Ledger = z.object({ replicate: z.object({ by_webhook: Counts, charged_by_webhook: Counts }) });
const Throttled = z.object({ replicate: z.object({ throttled: z.number() }) });
const Scene = z.looseObject({ id: z.string(), start_frame: z.number(), end_frame: z.number() });

let world: World;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "omvee-film-"));
  world = await startWorld();
});
afterAll(async () => {
  await world?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function packetsOf(track: InputVideoTrack | InputAudioTrack | null) {
  if (!track) throw new Error("The track is missing");
  const packets = [];
  for await (const { data, timestamp, duration } of new EncodedPacketSink(track).packets())
    packets.push({ data, timestamp, duration });
  return packets;
}

async function filmOf(user: Awaited<ReturnType<typeof frontend>>, projectId: string) {
  const [film] = await user.list(projectId, "final-videos");
  const { json } = await user.call("GET", `/api/projects/${projectId}/final-videos/${film?.id}/download`);
  const { location } = z.object({ location: z.string() }).parse(json);
  const bytes = new Uint8Array(await (await fetch(location)).arrayBuffer());
  return { film, bytes };
}

/**
 * Expects that a film has the whole song as AAC, in time to a millisecond, and exactly the song's number of
 * frames.
 */
async function expectWholeSong(bytes: Uint8Array) {
  using film = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
  const video = await packetsOf(await film.getPrimaryVideoTrack());
  const heard = await decodedSound(bytes);
  const song = await soundOf(await readFile(SONG));
  const { push, flush } = resampler(song.sampleRate, heard.sampleRate);
  const sung = Float32Array.from([...push(song.mono), ...flush()]);
  for (const share of [0.01, 0.5, 0.97]) {
    const from = Math.round(share * sung.length);
    const [own = new Float32Array()] = heard.channels;
    expect(Math.abs(offsetSamples(sung, own, from, 16_384, 2000) / 44.1)).toBeLessThanOrEqual(1);
  }
  expect(faultsOf(bytes)).toEqual([]);
  const end = Math.max(...video.map((p) => p.timestamp + p.duration));
  expect(end).toBeCloseTo(SONG_SECONDS, 3);
  expect(video).toHaveLength(SONG_SECONDS * 24);
  expect(await (await film.getPrimaryVideoTrack())?.getCodec()).toBe("avc");
}

/** How often Replicate accepted each of a project's orders, and how often it charged them. */
async function purchases(projectId: string) {
  const { replicate } = Ledger.parse(await (await fetch(`${world.sandboxUrl}/_sandbox/state`)).json());
  const ours = (counts: Record<string, number>) =>
    Object.entries(counts)
      .filter(([url]) => url.includes(projectId))
      .map(([, count]) => count);
  return { orders: ours(replicate.by_webhook), charged: ours(replicate.charged_by_webhook) };
}

describe("from a song to a film", () => {
  test("every stage runs, waits for approval twice, and the film is the whole song", async () => {
    const ada = await frontend(world, "ada");
    const id = await ada.create("Sparks", SETTINGS);
    expect((await ada.upload(id, SONG, "audio/mpeg")).status).toBe(200);
    expect((await ada.call("POST", `/api/projects/${id}/run`, { target: "assemble_video" })).status).toBe(
      202,
    );
    expect(await ada.until(id, "awaiting_approval", "failed")).toBe("awaiting_approval");
    expect(await ada.list(id, "clips")).toEqual([]);
    await ada.approveAll(id);
    await ada.until(id, "running");
    expect(await ada.until(id, "awaiting_approval", "failed")).toBe("awaiting_approval");
    await ada.approveAll(id);
    expect(await ada.until(id, "completed", "failed")).toBe("completed");

    const scenes = z.array(Scene).parse(await ada.list(id, "scenes"));
    const spans = scenes.map((s) => [s.start_frame, s.end_frame]).toSorted(([a = 0], [b = 0]) => a - b);
    for (const [i, [start]] of spans.entries()) expect(start).toBe(spans[i - 1]?.[1] ?? 0);
    const { film, bytes } = await filmOf(ada, id);
    expect(film).toMatchObject({ status: "completed", certificate: { gaps: 0, overlaps: 0 } });
    await expectWholeSong(bytes);
    const { json } = await ada.call("GET", `/api/projects/${id}/final-videos/${film?.id}?edits=none`);
    const { url } = z.object({ url: z.string() }).parse(json);
    const other = new Uint8Array(await (await fetch(url)).arrayBuffer());
    expect(faultsOf(other)).toEqual([]);
    const part = await fetch(url, { headers: { range: `bytes=100-${other.length - 50}` } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(other.subarray(100, -49))).toBe(true);

    const bob = await frontend(world, "bob");
    expect((await bob.call("GET", `/api/projects/${id}`)).status).toBe(404);
    expect((await ada.call("DELETE", `/api/projects/${id}`)).status).toBe(204);
    expect((await ada.call("GET", `/api/projects/${id}`)).status).toBe(404);
  });

  test("a Worker that is killed twice on the way finishes the film and buys nothing twice", {
    timeout: 400_000,
  }, async () => {
    const eve = await frontend(world, "eve");
    const id = await eve.create("Killed", { ...SETTINGS, auto_approve: true });
    await eve.upload(id, SONG, "audio/mpeg");
    await eve.call("POST", `/api/projects/${id}/run`, { target: "assemble_video" });
    for (const stage of ["images", "clips"]) {
      await expect.poll(() => eve.list(id, stage), { timeout: 90_000 }).not.toEqual([]);
      await world.killWorker();
      await world.restartWorker();
    }
    await eve.insist(id);
    await expectWholeSong((await filmOf(eve, id)).bytes);
    const scenes = await eve.list(id, "scenes");
    const { orders, charged } = await purchases(id);
    // A clip whose image could not be read while the bucket was down fails and costs nothing.
    expect(orders.every((count) => count === 1)).toBe(true);
    expect(charged).toEqual(Array.from({ length: 2 * scenes.length }, () => 1));
  });

  test("an account with little credit gets its film too: one order a second, while the others wait in the queue", async () => {
    const throttled = async () =>
      Throttled.parse(await (await fetch(`${world.sandboxUrl}/_sandbox/state`)).json()).replicate.throttled;
    const chaos = (method: string, body?: unknown) =>
      fetch(`${world.sandboxUrl}/_sandbox/chaos`, {
        method,
        headers: { "Content-Type": "application/json" },
        body: body ? JSON.stringify(body) : null,
      });
    const before = await throttled();
    expect((await chaos("POST", { creates_per_minute: 60 })).ok).toBe(true);
    const liv = await frontend(world, "liv");
    const id = await liv.create("On a shoestring", { ...SETTINGS, auto_approve: true });
    await liv.upload(id, "test/fixtures/audio/cbr.mp3", "audio/mpeg");
    await liv.call("POST", `/api/projects/${id}/run`, { target: "assemble_video" });
    expect(await liv.until(id, "completed", "failed")).toBe("completed");
    await chaos("DELETE");
    const { orders } = await purchases(id);
    expect((await throttled()) - before).toBeLessThan(orders.length);
  });

  test("a song without lyrics becomes a film too", async () => {
    const kim = await frontend(world, "kim");
    const id = await kim.create("Instrumental", { ...SETTINGS, auto_approve: true });
    expect((await kim.upload(id, "test/fixtures/audio/opus.ogg", "audio/ogg")).status).toBe(200);
    await kim.call("POST", `/api/projects/${id}/run`, { target: "assemble_video" });
    expect(await kim.until(id, "completed", "failed")).toBe("completed");
    const { json } = await kim.call("GET", `/api/projects/${id}/lyrics`);
    expect(json).toMatchObject({ source: "transcribed", lines: [], text: "" });
  });
});

describe("a file that is not a song", () => {
  const BROKEN = [
    ["header-lies.wav", "audio/wav", "audio_truncated"],
    ["html.mp3", "audio/mpeg", "audio_not_audio"],
    ["no-moov.m4a", "audio/mp4", "audio_truncated"],
    ["noise.mp3", "audio/mpeg", "audio_not_audio"],
    ["truncated.mp3", "audio/mpeg", "audio_truncated"],
    ["video-only.mp4", "video/mp4", "audio_no_track"],
    ["wrong-extension.mp3", "audio/mpeg", "audio_mislabelled"],
  ] as const;

  test.each(BROKEN)("%s is refused with a reason, and nothing is attached", async (file, type, code) => {
    const sam = await frontend(world, "sam");
    const id = await sam.create(file);
    const { status, json } = await sam.upload(id, `test/fixtures/broken/${file}`, type);
    expect(status).toBe(422);
    expect(json).toMatchObject({ code: "audio_rejected", errors: [{ code }] });
    expect(await sam.project(id)).toMatchObject({ audio: null, status: "draft" });
  });

  test("an empty file is refused before it is uploaded", async () => {
    const sam = await frontend(world, "sam");
    const empty = join(dir, "empty.mp3");
    await writeFile(empty, await readFile("test/fixtures/broken/empty.mp3"));
    const { status, json } = await sam.upload(await sam.create("Empty"), empty, "audio/mpeg");
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: "invalid_request" });
  });
});
