/**
 * npm run test:marks; needs exiftool and ffmpeg. Checks whether other readers find the AI mark in films and
 * posters, and still decode the same pictures and sound.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { FILM_SOURCE, PICTURE_SOURCE, sourceUri } from "../../src/domain/views/ai-sources.ts";
import { markedPoster } from "../../src/media/marks/poster.ts";
import { editList, madeOf, song } from "../support/films.ts";
import { carrying, drawn, FORMS, jpegSegment, pngChunk, xmpPart } from "../support/pictures.ts";

const CREDIT =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
  '<rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:Credit="A Studio"/>' +
  "</rdf:RDF></x:xmpmeta>";
const EXIF = Buffer.from("4d4d002a0000000800010131000200000007000000" + "1a0000000053747564696f00", "hex");

const folder = mkdtempSync(join(tmpdir(), "omvee-marks-"));
const faults: string[] = [];
const Labels = z.tuple([z.record(z.string(), z.unknown())]);

function run(program: string, ...words: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: "utf8" });
  if (error) throw new Error(`${program} can't be run: ${error.message}`);
  return status === 0 ? stdout : `failed: ${stderr}`;
}
function written(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}
/** The tags and warnings of exiftool, by group and name. */
const exiftool = (path: string) =>
  Labels.parse(JSON.parse(run("exiftool", "-j", "-G1", "-a", "-all", "-validate", "-warning", path)))[0];
/** A hash of all pictures and sound, as ffmpeg decodes them. */
const decoded = (path: string) =>
  run("ffmpeg", "-v", "error", "-i", path, "-map", "0:v?", "-map", "0:a?", "-f", "md5", "-");

function check(name: string, is: unknown, wanted: unknown) {
  const isRight = is === wanted;
  console.log(`${isRight ? "  " : "! "}${name}: ${String(is).trim()}`);
  if (!isRight) faults.push(`${name}: ${is}, not ${wanted}`);
}

function checkPoster(name: string, bytes: Uint8Array, credit: string | undefined) {
  const before = written(`before-${name}`, bytes);
  const after = written(name, markedPoster(bytes).bytes);
  const read = exiftool(after);
  check(`${name}, its source`, read["XMP-iptcExt:DigitalSourceType"], sourceUri(PICTURE_SOURCE));
  check(`${name}, its credit`, read["XMP-photoshop:Credit"], credit);
  check(`${name}, exiftool's complaints`, read["ExifTool:Warning"], exiftool(before)["ExifTool:Warning"]);
  check(`${name}, its pixels`, decoded(after), decoded(before));
}

for (const form of FORMS) {
  checkPoster(`plain.${form}`, drawn(form), undefined);
  checkPoster(`credited.${form}`, carrying(form, drawn(form), xmpPart(form, CREDIT)), "A Studio");
}
const exif = jpegSegment(0xe1, Buffer.concat([Buffer.from("Exif\0\0"), EXIF]));
checkPoster("exif.jpeg", carrying("jpeg", drawn("jpeg"), exif), undefined);
checkPoster("exif.png", carrying("png", drawn("png"), pngChunk("eXIf", EXIF)), undefined);
checkPoster("clear.webp", drawn("webp", true), undefined);

for (const [name, songName] of [
  ["mp3", "song.mp3"],
  ["aac", "audio/faststart.m4a"],
  ["flac", "audio/song.flac"],
] as const) {
  const poster = markedPoster(drawn("jpeg")).bytes;
  const { bytes } = await madeOf(editList(["a-5s-24fps", 97], ["b-5s-24fps", 60]), {
    song: song(songName),
    tags: { title: "Sparks", artist: "Nobody" },
    poster,
  });
  const path = written(`${name}.mp4`, bytes);
  const read = exiftool(path);
  check(`film of ${name}, its source`, read["XMP-iptcExt:DigitalSourceType"], sourceUri(FILM_SOURCE));
  check(`film of ${name}, its title`, read["ItemList:Title"], "Sparks");
  check(`film of ${name}, exiftool's complaints`, read["ExifTool:Warning"], undefined);
  const at = Buffer.from(bytes).readUInt32BE(0);
  const unmarked = Buffer.from(bytes);
  unmarked.write("free", at + 4, "latin1");
  check(
    `film of ${name}, what is decoded`,
    decoded(path),
    decoded(written(`unmarked-${name}.mp4`, unmarked)),
  );
  check(
    `film of ${name}, ffmpeg's complaints`,
    run("ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-"),
    "",
  );
}
rmSync(folder, { recursive: true });
if (faults.length > 0) {
  console.error(`\n${faults.length} faults`);
  process.exitCode = 1;
}
