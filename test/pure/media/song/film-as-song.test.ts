import { describe, expect, it } from "vitest";
import { memoryFile } from "../../../../src/media/lib/source.ts";
import { nextPart } from "../../../../src/media/listening/next-part.ts";
import { probeSong } from "../../../../src/media/song/probe.ts";
import { data, editList, film, madeOf, packetsOf } from "../../../support/films.ts";

const A = "a-5s-24fps";

async function probed(bytes: Uint8Array) {
  const result = await probeSong(memoryFile(bytes), { contentType: "video/mp4", bytes: bytes.length });
  if (!result.ok) throw new Error(result.failure.message);
  return result.audio;
}

describe("a film whose sound is MP3", async () => {
  const { bytes } = await madeOf(editList([A, 120], ["b-5s-24fps", 120]));
  const own = data(await packetsOf("song.mp3", "audio"));

  it("is a song of MP3 sound, as long as the song that it was made from", async () => {
    expect(await probed(bytes)).toMatchObject({
      format: "m4a",
      codec: "mp3",
      sampleRate: 22_050,
      channels: 1,
    });
    expect((await probed(bytes)).durationSeconds).toBeCloseTo(65, 1);
  });

  it("gives another film the same packets", async () => {
    const { sound, soundCodec } = await film(editList([A, 48]), { song: memoryFile(bytes) });
    expect(soundCodec).toBe("mp3");
    expect(sound.length).toBeGreaterThan(70);
    expect(data(sound)).toEqual(own.slice(0, sound.length));
  });

  it("is sent to a transcriber as MP3", async () => {
    const heard = await nextPart(memoryFile(bytes), await probed(bytes), 0);
    if (!heard.ok) throw new Error(heard.failure.message);
    const { part } = heard;
    expect(part).toMatchObject({ filename: "song.mp3", last: true });
    expect(await probed(part.bytes).catch((error: Error) => error.message)).toMatch(/contents are MP3/);
  });
});
