/** Songs of every format, with how long they last as ffmpeg decodes them. */
import { fixture } from "./media.ts";
import { ape, apic, bytesOf, id3, id3v1, joined, lyrics3, png, title } from "./song-tags.ts";
import { chunk, wav } from "./wavs.ts";

const audio = (name: string) => fixture(`audio/${name}`);
const flacOfUnknownLength = () => {
  const flac = audio("song.flac");
  flac.fill(0, 22, 26);
  flac[21] = (flac[21] ?? 0) & 0xf0;
  return flac;
};
/** How many samples the made WAVs have. */
export const SAMPLES = 20_000;

/** Name, bytes, seconds as ffmpeg 5.1 decodes them, and the tolerance: one packet of sound, or one sample. */
export const SONG_LENGTHS: readonly (readonly [
  name: string,
  make: () => Uint8Array,
  decoded: number,
  packet: number,
])[] = [
  ["song.mp3", () => fixture("song.mp3"), 65, 1 / 22_050],
  ["cbr.mp3", () => audio("cbr.mp3"), 12, 1 / 22_050],
  ["vbr.mp3", () => audio("vbr.mp3"), 12, 1 / 22_050],
  ["noheader.mp3", () => audio("noheader.mp3"), 12.06857, 1 / 22_050],
  ["vbr-noxing.mp3", () => audio("vbr-noxing.mp3"), 3.23918, 1 / 44_100],
  ["mpeg25.mp3", () => audio("mpeg25.mp3"), 3.21, 1 / 8000],
  ["adts.aac", () => audio("adts.aac"), 12.07438, 1 / 22_050],
  ["faststart.m4a", () => audio("faststart.m4a"), 12.02794, 1024 / 22_050],
  ["moov-last.m4a", () => audio("moov-last.m4a"), 12.02794, 1024 / 22_050],
  ["fragmented.m4a", () => audio("fragmented.m4a"), 3.25079, 1024 / 44_100],
  ["alac.m4a", () => audio("alac.m4a"), 3.20998, 1 / 11_025],
  ["opus.ogg", () => audio("opus.ogg"), 12, 0.02],
  ["opus.webm", () => audio("opus.webm"), 12, 0.02],
  ["live.webm", () => audio("live.webm"), 3.21, 0.02],
  ["vorbis.ogg", () => audio("vorbis.ogg"), 12, 1024 / 22_050],
  ["vorbis.webm", () => audio("vorbis.webm"), 3.21741, 1024 / 44_100],
  ["song.flac", () => audio("song.flac"), 12, 1 / 22_050],
  ["pcm16.wav", () => audio("pcm16.wav"), 12, 1 / 22_050],
  ["pcm24-stereo.wav", () => audio("pcm24-stereo.wav"), 4, 1 / 48_000],
  [
    "an MP3 between tags of all kinds",
    () =>
      joined(
        id3(4, [title("One"), apic(png(3000, 3000, 300_000))]),
        id3(3, [title("Two")]),
        audio("cbr.mp3"),
        ape(new Uint8Array(5000)),
        lyrics3("LYR00010[00:01]Hey"),
        id3v1("One", "Two"),
      ),
    12,
    1 / 22_050,
  ],
  [
    "an MP3 with padding and noise behind its tag",
    () =>
      joined(
        id3(4, [title("One")]),
        new Uint8Array(3000),
        new Uint8Array(9000).fill(7),
        audio("vbr-noxing.mp3"),
      ),
    3.23918,
    1 / 44_100,
  ],
  // ffmpeg skips the first file's delay and the second's silent frame, and plays the padding between them.
  ["two MP3s in one", () => joined(audio("cbr.mp3"), audio("cbr.mp3")), 24.08705, 1153 / 22_050],
  ["an AAC behind a tag", () => joined(id3(4, [title("One")]), audio("adts.aac")), 12.07438, 1 / 22_050],
  ["a FLAC that does not know its length", flacOfUnknownLength, 12, 1 / 22_050],
  [
    "a FLAC between tags of MP3",
    () => joined(id3(4, [title("One")]), audio("song.flac"), id3v1("One", "Two")),
    12,
    1 / 22_050,
  ],
  ["a WAV of 8 bits", () => wav(SAMPLES, { bits: 8 }), 2.5, 1 / 8000],
  ["a WAV of 24 bits", () => wav(SAMPLES, { bits: 24 }), 2.5, 1 / 8000],
  ["a WAV of 32 bits", () => wav(SAMPLES, { bits: 32 }), 2.5, 1 / 8000],
  ["a WAV of floats", () => wav(SAMPLES, { bits: 32, formatTag: 3 }), 2.5, 1 / 8000],
  ["a WAV of long floats", () => wav(SAMPLES, { bits: 64, formatTag: 3 }), 2.5, 1 / 8000],
  ["an extensible WAV", () => wav(SAMPLES, { bits: 24, extensible: true }), 2.5, 1 / 8000],
  [
    "a WAV of extensible floats",
    () => wav(SAMPLES, { bits: 32, formatTag: 3, extensible: true }),
    2.5,
    1 / 8000,
  ],
  ["a big-endian WAV", () => wav(SAMPLES, { name: "RIFX" }), 2.5, 1 / 8000],
  [
    "an RF64",
    () => wav(SAMPLES, { name: "RF64", riffSize: 0xffff_ffff, dataSize: 0xffff_ffff }),
    2.5,
    1 / 8000,
  ],
  ["a WAV streamed with sizes of 0", () => wav(SAMPLES, { riffSize: 0, dataSize: 0 }), 2.5, 1 / 8000],
  [
    "a WAV streamed with the largest sizes",
    () => wav(SAMPLES, { riffSize: 0xffff_ffff, dataSize: 0xffff_ffff }),
    2.5,
    1 / 8000,
  ],
  [
    "a WAV among other chunks of odd sizes",
    () =>
      wav(SAMPLES, {
        before: [chunk("bext", new Uint8Array(603)), chunk("JUNK", [1, 2, 3])],
        behind: [chunk("LIST", bytesOf("INFOINAM\x03\0\0\0One\0"))],
      }),
    2.5,
    1 / 8000,
  ],
];
