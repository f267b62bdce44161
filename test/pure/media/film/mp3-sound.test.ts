import { describe, expect, it } from "vitest";
import { readMp3Header } from "../../../../src/media/codecs/mp3-header.ts";
import { memoryFile } from "../../../../src/media/lib/source.ts";
import { codedSamples } from "../../../../src/media/song/coded-samples.ts";
import { openSong } from "../../../../src/media/song/open-song.ts";
import { codecs } from "../../../support/codecs.ts";
import { data, editList, film, madeOf, packetsOf, song } from "../../../support/films.ts";
import { fixture } from "../../../support/media.ts";

const A = "a-5s-24fps";
const DRUMS = "audio/drums.mp3";
const [RATE, PACKET, LAME_DELAY] = [32_000, 1152, 576 + 529];

/** The left channel of a file's whole MP3, decoded. */
async function decoded(bytes: Uint8Array): Promise<number[]> {
  const file = memoryFile(bytes);
  const opened = await openSong(file);
  if (!opened) throw new Error("It is no song.");
  using input = opened.input;
  const track = await input.getPrimaryAudioTrack();
  const samples = track && (await codedSamples(file, track, opened.layout.mp3, codecs));
  if (!samples) throw new Error("It has no MP3.");
  const left: number[] = [];
  for await (const [row = []] of samples.blocks()) left.push(...row);
  return left;
}

describe("a film with the song's own MP3", () => {
  it("has one silent frame before it when the encoder's delay is shorter than a packet", async () => {
    const { sound } = await film(editList([A, 48]), { song: song(DRUMS) });
    const [silent, ...rest] = sound;
    const own = await packetsOf(DRUMS, "audio");
    expect(data(rest)).toEqual(data(own));
    expect(readMp3Header(silent?.data ?? new Uint8Array(), 0)).toEqual(
      readMp3Header(own[0]?.data ?? new Uint8Array(), 0),
    );
    expect(silent?.data.subarray(4).every((byte) => byte === 0)).toBe(true);
  });

  it("plays from the song's first sample on: its edit list also skips the silent frame", async () => {
    const { sound } = await film(editList([A, 48]), { song: song(DRUMS) });
    sound.slice(0, 20).forEach(({ timestamp }, i) => {
      expect(timestamp * RATE).toBeCloseTo(i * PACKET - PACKET - LAME_DELAY, 3);
    });
  });

  it.each(["song.mp3", "audio/cbr.mp3", "audio/mpeg25.mp3", "audio/vbr-noxing.mp3"])(
    "has only the song's frames when the delay is longer or not stated: %s",
    async (name) => {
      const { sound } = await film(editList([A, 48]), { song: song(name) });
      expect(data(sound)).toEqual(data(await packetsOf(name, "audio")));
    },
  );

  it.each([DRUMS, "audio/mpeg25.mp3", "audio/cbr.mp3"])(
    "decodes, when used as a song, to exactly the samples of the song: %s",
    async (name) => {
      const { bytes } = await madeOf(editList([A, 120], [A, 120], [A, 50]), { song: song(name) });
      const [ofFilm, ofSong] = [await decoded(bytes), await decoded(fixture(name))];
      expect(ofFilm.slice(0, ofSong.length)).toEqual(ofSong);
    },
  );
});
