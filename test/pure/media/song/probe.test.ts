import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryFile, storedFile } from "../../../../src/media/lib/source.ts";
import { type Declared, probeSong } from "../../../../src/media/song/probe.ts";
import { longOgg } from "../../../support/long-songs.ts";
import { changingBucket, fixture, silentWav } from "../../../support/media.ts";
import { bytesOf, id3, joined } from "../../../support/song-tags.ts";
import { wav } from "../../../support/wavs.ts";

const TYPES: Record<string, string> = {
  mp3: "audio/mpeg",
  wav: "audio/wav",
  m4a: "audio/mp4",
  mp4: "video/mp4",
  aac: "audio/aac",
  ogg: "audio/ogg",
  flac: "audio/flac",
  webm: "audio/webm",
};
const typeOf = (name: string) => TYPES[name.split(".").at(-1) ?? ""] ?? "";
const probe = (bytes: Uint8Array, declared: Partial<Declared> = {}) =>
  probeSong(memoryFile(bytes), { contentType: "", bytes: bytes.length, ...declared });
const probeFixture = (path: string) => probe(fixture(path), { filename: path, contentType: typeOf(path) });
const codeOf = async (result: ReturnType<typeof probe>) => {
  const { ok, ...rest } = await result;
  return "failure" in rest ? rest.failure.code : `ok: ${ok}`;
};
/** A fixture in which a word was overwritten with another as long. */
function renamed(name: string, word: string, other: string): Uint8Array {
  const bytes = fixture(`audio/${name}`);
  const text = String.fromCharCode(...bytes.subarray(0, 100_000));
  bytes.set(ascii(other), text.indexOf(word));
  return bytes;
}
/** MPEG-1 layer II of 128 kbit/s at 48 kHz. */
const layer2 = Uint8Array.of(0xff, 0xfd, 0x84, 0, ...new Uint8Array(380));
/** A comment packet that states a hundred thousand tags. */
function hostileOgg(): Uint8Array {
  const song = longOgg(40, [...bytesOf("OpusTags"), 0, 0, 0, 0, 0xa0, 0x86, 1, 0]);
  return song.read(0, song.bytes);
}
const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

describe("a song", () => {
  // Lengths as ffmpeg decodes them; some encoders pad, so they may exceed the 12 (or 4) seconds that were
  // encoded.
  it.each([
    ["adts.aac", "aac", "aac", 12.074, 1024 / 22_050, 22_050, 1],
    ["cbr.mp3", "mp3", "mp3", 12, 576 / 22_050, 22_050, 1],
    ["vbr.mp3", "mp3", "mp3", 12, 576 / 22_050, 22_050, 1],
    ["noheader.mp3", "mp3", "mp3", 12.069, 576 / 22_050, 22_050, 1],
    ["faststart.m4a", "m4a", "aac", 12, 1024 / 22_050, 22_050, 1],
    ["moov-last.m4a", "m4a", "aac", 12, 1024 / 22_050, 22_050, 1],
    ["opus.ogg", "ogg", "opus", 12.007, 0.02, 48_000, 1],
    ["opus.webm", "webm", "opus", 12.008, 0.02, 48_000, 1],
    ["vorbis.ogg", "ogg", "vorbis", 12, 0.02, 22_050, 1],
    ["song.flac", "flac", "flac", 12, 0.001, 22_050, 1],
    ["alac.m4a", "m4a", "alac", 3.21, 0.001, 11_025, 1],
    ["pcm16.wav", "wav", "pcm-s16", 12, 0.001, 22_050, 1],
    ["pcm24-stereo.wav", "wav", "pcm-s24", 4, 0.001, 48_000, 2],
  ])("is measured to the packet: %s", async (name, format, codec, seconds, packet, sampleRate, channels) => {
    const result = await probeFixture(`audio/${name}`);
    if (!result.ok) throw new Error(result.failure.message);
    const { durationSeconds, ...facts } = result.audio;
    expect(facts).toMatchObject({ format, codec, sampleRate, channels, contentType: typeOf(`x.${format}`) });
    expect(Math.abs(durationSeconds - seconds)).toBeLessThanOrEqual(packet + 0.0005);
  });

  it("has its title and artist", async () => {
    expect(await probeFixture("song.mp3")).toMatchObject({
      ok: true,
      audio: { title: "Sparks in the Silent Air", artist: "OMVEE Fixtures", bytes: 522_951 },
    });
  });

  it("may be the sound track of a video", async () => {
    const result = await probeFixture("clips/with-audio-5s.mp4");
    expect(result).toMatchObject({ ok: true, audio: { format: "m4a", codec: "aac", durationSeconds: 5 } });
  });

  it("costs one read when its header is enough, however large it is", async () => {
    const wav = silentWav(1180);
    expect(wav.bytes).toBeGreaterThan(200e6);
    const storage = { read: async (_key: string, start: number, end: number) => wav.read(start, end) };
    const file = storedFile(storage, { key: "song", etag: "v1", bytes: wav.bytes });
    const result = await probeSong(file, { contentType: "audio/wav", bytes: wav.bytes });
    expect(result).toMatchObject({ ok: true, audio: { durationSeconds: 1180 } });
    expect(file.reads()).toBe(1);
  });

  it("that changes while it is read is refused as gone", async () => {
    const bytes = fixture("song.mp3");
    const file = storedFile(changingBucket(bytes, 0), { key: "song", etag: "v1", bytes: bytes.length });
    const result = await probeSong(file, { contentType: "audio/mpeg", bytes: bytes.length });
    expect(result).toMatchObject({ ok: false, failure: { code: "media_gone" } });
  });
});

describe("a file that is not a usable song is refused", () => {
  it.each([
    ["empty.mp3", "audio_empty"],
    ["truncated.mp3", "audio_truncated"],
    ["header-lies.wav", "audio_truncated"],
    ["no-moov.m4a", "audio_truncated"],
    ["html.mp3", "audio_not_audio"],
    ["noise.mp3", "audio_not_audio"],
    ["wrong-extension.mp3", "audio_mislabelled"],
    ["video-only.mp4", "audio_no_track"],
  ])("%s as %s, with a message and a next action", async (name, code) => {
    const result = await probeFixture(`broken/${name}`);
    expect(result).toMatchObject({ ok: false, failure: { code, retryable: false } });
    if (result.ok) return;
    expect(result.failure.message).toMatch(/^This .{10,}\.$/);
    expect(result.failure.nextAction).toMatch(/\.$/);
  });

  it.each([
    ["song.mp3", 0.5],
    ["audio/cbr.mp3", 0.9],
    ["audio/vbr.mp3", 0.5],
    ["audio/faststart.m4a", 0.99],
    ["audio/moov-last.m4a", 0.99],
    ["audio/opus.ogg", 0.9],
    ["audio/vorbis.ogg", 0.5],
    ["audio/opus.webm", 0.9],
    ["audio/song.flac", 0.9],
    ["audio/pcm16.wav", 0.99],
  ])("when it is cut off: %s at %d", async (path, share) => {
    const whole = fixture(path);
    expect(await codeOf(probe(whole.slice(0, Math.floor(whole.length * share))))).toBe("audio_truncated");
  });

  it("when fewer bytes arrived than were declared", async () => {
    const bytes = fixture("audio/noheader.mp3");
    expect(await codeOf(probe(bytes.slice(0, 50_000), { bytes: bytes.length }))).toBe("audio_truncated");
  });

  it("when its name or type states another container, naming both", async () => {
    const wav = fixture("audio/pcm16.wav");
    const result = await probe(wav, { contentType: "audio/mpeg; charset=binary" });
    expect(result).toMatchObject({ ok: false, failure: { code: "audio_mislabelled" } });
    expect(JSON.stringify(result)).toMatch(/says it is MP3, but its contents are WAV/);
    expect(await codeOf(probe(wav, { filename: "Song.FLAC" }))).toBe("audio_mislabelled");
    expect(await codeOf(probe(wav, { filename: "Song", contentType: "application/octet-stream" }))).toBe(
      "ok: true",
    );
    expect(await codeOf(probe(fixture("audio/faststart.m4a"), { contentType: "audio/aac" }))).toBe(
      "ok: true",
    );
  });

  it.each([
    ["a second long", 1, "audio_too_short"],
    ["31 minutes long", 31 * 60, "audio_too_long"],
  ])("where it is %s", async (_what, seconds, code) => {
    const wav = silentWav(seconds, 8000, 1);
    expect(await codeOf(probe(wav.read(0, wav.bytes)))).toBe(code);
  });

  it.each(["faststart.m4a", "opus.ogg", "opus.webm", "pcm16.wav"])(
    "when a tag is before a container that never has one: %s",
    async (name) => {
      expect(await codeOf(probe(joined(id3(4, []), fixture(`audio/${name}`))))).toBe("audio_not_audio");
    },
  );

  it("when it has no sound", async () => {
    const wav = silentWav(0);
    expect(await codeOf(probe(wav.read(0, wav.bytes)))).toBe("audio_empty");
  });

  it.each([
    ["a playlist", "#EXTM3U\nhttps://example.com/a.ts\n", "audio_not_audio", /playlist/],
    ["a picture", "\x89PNG\r\n\x1a\n", "audio_not_audio", /PNG image/],
  ])("where it is %s", async (_what, head, code, said) => {
    const result = await probe(ascii(head.padEnd(4000, "\0")));
    expect(result).toMatchObject({ ok: false, failure: { code } });
    expect(JSON.stringify(result)).toMatch(said);
  });

  it.each<[string, () => Uint8Array, RegExp]>([
    ["a WAV that holds MP3", () => wav(20_000, { formatTag: 0x55 }), /A WAV that holds MP3/],
    ["a WAV that holds ADPCM", () => wav(20_000, { formatTag: 2 }), /A WAV that holds ADPCM/],
    [
      "another codec in an Ogg",
      () => renamed("opus.ogg", "OpusHead", "XpusHead"),
      /What this Ogg file holds/,
    ],
    ["Dolby sound in an MP4", () => renamed("faststart.m4a", "mp4a", "ec-3"), /Dolby Digital Plus/],
    ["a protected song", () => renamed("faststart.m4a", "mp4a", "drms"), /protected against copying/],
    ["MPEG layer II", () => joined(...Array(200).fill(layer2)), /MPEG audio of layer 2/],
    ["an Ogg with a hostile number of tags", () => hostileOgg(), /more tags/],
  ])("when it is %s, with the reason and what to upload instead", async (_what, make, said) => {
    const result = await probe(make());
    expect(result).toMatchObject({ ok: false, failure: { code: "audio_unsupported", retryable: false } });
    if (result.ok) return;
    expect(result.failure.message).toMatch(said);
    expect(result.failure.nextAction).toMatch(/[Uu]pload/);
  });

  const at = (bytes: Uint8Array, word: string) => {
    const letters = [...ascii(word)];
    return bytes.findIndex((_, i) => letters.every((letter, k) => bytes[i + k] === letter));
  };
  /** The offset of the tenth frame of an ADTS stream. */
  const tenth = (bytes: Uint8Array) => {
    let start = 0;
    for (let i = 0; i < 9; i++) {
      const [high, middle, low] = [3, 4, 5].map((n) => bytes[start + n] ?? 0);
      start += (((high ?? 0) & 3) << 11) | ((middle ?? 0) << 3) | ((low ?? 0) >> 5);
    }
    return start;
  };
  it.each([
    [
      "a FLAC without a first frame",
      "song.flac",
      (b: Uint8Array) => b.fill(0, at(b, "\xff\xf8"), at(b, "\xff\xf8") + 2),
    ],
    [
      "a FLAC of unknown length that is no FLAC behind its first half",
      "song.flac",
      (b: Uint8Array) =>
        b
          .fill(0, 21, 26)
          .fill(0xf0, 21, 22)
          .fill(0, b.length / 2),
    ],
    ["an AAC with noise between", "adts.aac", (b: Uint8Array) => b.fill(7, 40_000, 60_000)],
    ["a WebM whose second half is no WebM", "opus.webm", (b: Uint8Array) => b.fill(0x55, b.length / 2)],
    [
      "an AAC with a frame of no length",
      "adts.aac",
      (b: Uint8Array) => b.fill(0, tenth(b) + 3, tenth(b) + 6),
    ],
    ["an AAC that changes its rate", "adts.aac", (b: Uint8Array) => b.fill(0x64, tenth(b) + 2, tenth(b) + 3)],
    [
      "an M4A with chunks of 4 billion samples",
      "faststart.m4a",
      (b: Uint8Array) => b.fill(0xff, at(b, "stsc") + 16, at(b, "stsc") + 20),
    ],
  ])("quickly, though it could be read endlessly: %s", async (_what, name, damage) => {
    const bytes = damage(fixture(`audio/${name}`));
    expect(await codeOf(probe(bytes))).toBe("audio_truncated");
  });

  it("and never throws or counts as a song, whatever bytes it has", async () => {
    const noise = fc.uint8Array({ minLength: 1, maxLength: 4000 });
    await fc.assert(
      fc.asyncProperty(noise, async (bytes) => {
        expect((await probe(bytes)).ok).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it("or accepted, but never throws, when single bytes of a song are damaged", async () => {
    const songs = ["cbr.mp3", "faststart.m4a", "opus.ogg", "opus.webm", "song.flac", "pcm16.wav", "adts.aac"];
    const whole = new Map(songs.map((name) => [name, fixture(`audio/${name}`)]));
    const damage = fc.array(fc.tuple(fc.nat(2000), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...songs), damage, async (name, bytes) => {
        const song = whole.get(name)?.slice() ?? new Uint8Array();
        for (const [at, value] of bytes) song[at] = value;
        const result = await probe(song);
        expect(typeof result.ok).toBe("boolean");
      }),
      { numRuns: 60 },
    );
  });
});
