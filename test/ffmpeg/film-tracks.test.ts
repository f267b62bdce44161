import { expect, test } from "vitest";
import { editList, madeOf, song } from "../support/films.ts";
import { ffmpeg } from "../support/mp4-text.ts";

const A = "a-5s-24fps";
const B = "b-5s-24fps";
const EDITS = editList([A, 100], [B, 100]);
const SONG = song("audio/faststart.m4a");

test("ffprobe finds each chapter once", async () => {
  const chapters = [
    { title: "Intro — é", startFrame: 0 },
    { title: "Outro 🎵", startFrame: 100 },
  ];
  const { bytes } = await madeOf(EDITS, { song: SONG, chapters });
  const { stdout } = ffmpeg("ffprobe", ["-v", "error", "-show_chapters", "-of", "json", "-i", "{}"], bytes);
  expect(JSON.parse(new TextDecoder().decode(stdout)).chapters).toMatchObject([
    { start_time: "0.000000", end_time: "4.166667", tags: { title: "Intro — é" } },
    { start_time: "4.166667", end_time: "8.333333", tags: { title: "Outro 🎵" } },
  ]);
});

test("ffmpeg reads captions as subtitles", async () => {
  const captions = [
    { startFrame: 24, endFrame: 48, text: "Sparks fly\nover us" },
    { startFrame: 48, endFrame: 60, text: "Été" },
    { startFrame: 150, endFrame: 200, text: "the end" },
  ];
  const { bytes } = await madeOf(EDITS, { song: SONG, captions });
  const args = ["-v", "error", "-i", "{}", "-map", "0:s", "-c", "text", "-f", "srt", "-"];
  const { stdout } = ffmpeg("ffmpeg", args, bytes);
  const said = new TextDecoder().decode(stdout).replaceAll("\r", "");
  expect(said).toContain("00:00:01,000 --> 00:00:02,000\nSparks fly\nover us");
  expect(said).toContain("00:00:02,000 --> 00:00:02,500\nÉté");
  expect(said).toContain("00:00:06,250 --> 00:00:08,333\nthe end");
});

test("the track of the clips' sound is decoded without an error, and is not what ffmpeg takes by itself", async () => {
  const sounding = "with-audio-5s";
  const edits = editList([sounding, 60], [A, 72], [sounding, 96], [sounding, 60]);
  const { bytes } = await madeOf(edits, { song: SONG, clipAudio: "track" });
  const all = ffmpeg("ffmpeg", ["-v", "error", "-i", "{}", "-map", "0:a", "-f", "null", "-"], bytes);
  expect(all.said).toBe("");
  const streams = ["-v", "error", "-select_streams", "a", "-show_entries", "stream_disposition=default"];
  const { stdout } = ffmpeg("ffprobe", [...streams, "-of", "csv=p=0", "-i", "{}"], bytes);
  expect(new TextDecoder().decode(stdout).trim().split("\n")).toEqual(["1", "0"]);
});
