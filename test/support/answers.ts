/** Valid answers for scripted providers. */
import { createCanvas } from "@napi-rs/canvas";
import { fixture } from "./media.ts";

export const jpeg = createCanvas(64, 36).toBuffer("image/jpeg");
/** A clip of five seconds, at 24 frames a second. */
export const mp4 = fixture("clips/a-5s-24fps.mp4");

export const heard = {
  text: "Neon rain on the window pane",
  language: "en",
  durationSeconds: 5,
  segments: [{ start: 1, end: 4, text: "Neon rain on the window pane", noSpeech: 0.1, confidence: 0.9 }],
  words: [],
};
export const whisperX = {
  detected_language: "en",
  segments: [
    {
      start: 1,
      end: 4,
      text: " Neon rain",
      words: [
        { word: "Neon", start: 1, end: 2 },
        { word: "rain", start: 2.5, end: 4 },
      ],
    },
  ],
};
export const scenePlan = {
  scenes: [{ firstLine: 0, lastLine: 0, theme: "rain", reasoning: "it rains", energy: 0.3 }],
  model: "some/model",
};
export const draft = {
  imagePrompt: "a window at night",
  motionPrompt: "slow push in",
  negativePrompt: "text",
  styleNotes: "grain",
  setting: "a room",
  shotType: "wide",
  mood: "calm",
  palette: ["#102030"],
  model: "some/model",
};
