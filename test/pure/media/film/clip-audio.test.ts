import { describe, expect, it } from "vitest";
import type { FilmInput } from "../../../../src/media/film/assemble.ts";
import { type MediaFile, memoryFile } from "../../../../src/media/lib/source.ts";
import {
  boxes,
  data,
  editList,
  madeOf,
  open,
  type Packet,
  packets,
  packetsOf,
  song,
} from "../../../support/films.ts";
import { fixture } from "../../../support/media.ts";
import { tracksOf } from "../../../support/mp4-text.ts";

const SOUNDING = "with-audio-5s";
const SILENT = "a-5s-24fps";
const SONG = song("audio/faststart.m4a");
/** An AAC packet of the clip lasts 1024 samples. */
const PACKET = 1024 / 44_100;

/** The same clip, with sound that is labelled as stereo, or as another codec. */
function changed(patch: "stereo" | "alac"): MediaFile {
  const bytes = Buffer.from(fixture(`clips/${SOUNDING}.mp4`));
  const entry = bytes.indexOf("mp4a\0\0\0\0\0\0");
  if (patch === "alac") bytes.write("alac", entry);
  // The AudioSpecificConfig after its tag and length: 0x1208 is AAC, 44.1 kHz, one channel.
  else bytes[bytes.indexOf(Buffer.of(0x12, 0x08), entry) + 1] = 0x10;
  return memoryFile(new Uint8Array(bytes));
}

async function tracks(edits: FilmInput["edits"], over: Partial<FilmInput> = {}) {
  const { bytes, result } = await madeOf(edits, { song: SONG, clipAudio: "track", ...over });
  using input = open(bytes);
  const audio = await input.getAudioTracks();
  const [first, second] = [audio[0] ?? null, audio[1] ?? null];
  return {
    bytes,
    result,
    primary: (await input.getPrimaryAudioTrack())?.id,
    ids: audio.map((track) => track.id),
    names: await Promise.all(audio.map((track) => track.getName())),
    defaults: await Promise.all(audio.map(async (track) => (await track.getDisposition()).default)),
    song: await packets(first),
    clips: await packets(second),
  };
}
const times = (kept: Packet[], from: number, to: number) =>
  kept.map((p) => p.timestamp).filter((time) => time >= from - 1e-6 && time < to);

describe("the clips’ sound", () => {
  it("is left out by default", async () => {
    const { bytes, result } = await madeOf(editList([SOUNDING, 120]), { song: SONG });
    expect(tracksOf(bytes)).toHaveLength(2);
    expect(result.silentScenes).toEqual([]);
  });

  it("is a second, disabled track, and does not change the song’s track", async () => {
    const kept = await tracks(editList([SOUNDING, 120], [SILENT, 120]));
    expect(kept.names).toEqual(["Song", "Clips"]);
    expect(kept.defaults).toEqual([true, false]);
    expect(kept.primary).toBe(kept.ids[0]);
    expect(data(kept.song)).toEqual(data(await packetsOf("audio/faststart.m4a", "audio")));
  });

  it("is the clips’ own packets, at the times of their scenes, without packets where no clip has sound", async () => {
    const { clips, result } = await tracks(editList([SOUNDING, 60], [SILENT, 72], [SOUNDING, 96]));
    const own = (await packetsOf(`clips/${SOUNDING}.mp4`, "audio")).filter((p) => p.timestamp >= -1e-6);
    const [first, third] = [times(clips, 0, 2.5), times(clips, 5.5, 9.5)];
    expect(first.length + third.length).toBe(clips.length);
    expect(data(clips)).toEqual([...data(own.slice(0, first.length)), ...data(own.slice(0, third.length))]);
    first.forEach((time, i) => {
      expect(time).toBeCloseTo(own[i]?.timestamp ?? -1, 4);
    });
    third.forEach((time, i) => {
      expect(time).toBeCloseTo(5.5 + (own[i]?.timestamp ?? -1), 4);
    });
    expect(2.5 - (first.at(-1) ?? 0)).toBeLessThanOrEqual(PACKET + 1e-6);
    expect(9.5 - (third.at(-1) ?? 0)).toBeLessThanOrEqual(PACKET + 1e-6);
    expect(result.silentScenes).toEqual([]);
  });

  it("keeps the film’s index in front", async () => {
    const { bytes } = await tracks(editList([SOUNDING, 120], [SOUNDING, 120], [SOUNDING, 48]));
    expect(boxes(bytes)).toEqual(["ftyp", "uuid", "moov", "free", "mdat"]);
  });

  it("never overlaps the sound before, and loses at most one packet at a cut", async () => {
    const { clips } = await tracks(editList([SOUNDING, 37], [SOUNDING, 41], [SOUNDING, 120]));
    clips.slice(1).forEach(({ timestamp }, i) => {
      const gap = timestamp - (clips[i]?.timestamp ?? 0) - PACKET;
      expect(gap).toBeGreaterThan(-1e-4);
      expect(gap).toBeLessThan(2 * PACKET);
    });
  });

  it("repeats with a looped clip, ends with a held one, and is left out of a stretched one", async () => {
    const edits = editList([SOUNDING, 180, "loop"], [SOUNDING, 180, "hold"], [SOUNDING, 180, "stretch"]);
    const { clips, result } = await tracks(edits);
    const own = (await packetsOf(`clips/${SOUNDING}.mp4`, "audio")).filter((p) => p.timestamp >= -1e-6);
    expect(times(clips, 5, 7.5)[0]).toBeCloseTo(5 + (own[0]?.timestamp ?? -1), 1);
    expect(times(clips, 12.6, 15)).toEqual([]);
    expect(times(clips, 15, 22.5)).toEqual([]);
    expect(result.silentScenes).toEqual([{ scene: 3, reason: "its clip is slowed down" }]);
  });

  it.each([
    ["of another form than most", "stereo", "its sound has another form than that of most clips"],
    ["of a form that is not known", "alac", "its sound has a form that can't be carried"],
  ] as const)("%s is left out, and the result reports it", async (_what, patch, reason) => {
    const { clips, result } = await tracks(editList([SOUNDING, 48], [changed(patch), 48], [SOUNDING, 48]));
    expect(times(clips, 2 + PACKET, 4)).toEqual([]);
    expect(times(clips, 4, 6).length).toBeGreaterThan(80);
    expect(result.silentScenes).toEqual([{ scene: 2, reason }]);
  });

  it("has no track when no clip has sound", async () => {
    const { ids, result } = await tracks(editList([SILENT, 48]));
    expect(ids).toHaveLength(1);
    expect(result.silentScenes).toEqual([]);
  });
});
