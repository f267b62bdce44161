/** The page that plays films, and what it reports. */
import { z } from "zod";
import { fromWords, WINDOW } from "./heard.ts";

/** Samples of one channel, 16 bit each, in base64. */
const Sound = z.string().transform((text) => fromWords(Buffer.from(text, "base64")));

/** The result of `play`. */
export const Played = z.object({
  ended: z.boolean(),
  error: z.string().nullable(),
  /** Seconds. */
  duration: z.number().nullable(),
  pictures: z.number(),
  dropped: z.number(),
  /** Sample rate of the recording. */
  sampleRate: z.number(),
  /** When samples were recorded, in seconds of the film. */
  moments: z.array(z.number()),
  /** The last `WINDOW` samples of each moment, concatenated. */
  sound: Sound,
});
export type Played = z.infer<typeof Played>;

/** The result of `decode`: the sound of the whole file, mixed to one channel. */
export const Decoded = z.object({ error: z.string().nullable(), sound: Sound });
export type Decoded = z.infer<typeof Decoded>;

/**
 * `play(url, rate)` plays a film to its end, at constant pitch, and records samples of its sound.
 * `decode(url, sampleRate)` has the browser decode all the sound of a file at once.
 */
export const PAGE = `<!doctype html><meta charset="utf-8"><title>Playback</title><script>
const asText = (samples) => {
  const words = Int16Array.from(samples, (value) => Math.round(0x7fff * Math.max(-1, Math.min(1, value))));
  const bytes = new Uint8Array(words.buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
};
async function play(url, rate) {
  const video = document.body.appendChild(document.createElement("video"));
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: ${WINDOW} });
  context.createMediaElementSource(video).connect(analyser).connect(context.destination);
  await context.resume();
  const moments = [];
  const heard = [];
  const listen = setInterval(() => {
    if (video.paused || video.currentTime === 0 || video.currentTime === moments.at(-1)) return;
    const samples = new Float32Array(${WINDOW});
    analyser.getFloatTimeDomainData(samples);
    moments.push(video.currentTime);
    heard.push(samples);
  }, 15);
  const { ended, error } = await new Promise((resolve) => {
    video.onended = () => resolve({ ended: true, error: null });
    video.onerror = () => resolve({ ended: false, error: video.error.message || "code " + video.error.code });
    video.ondurationchange = () =>
      setTimeout(() => resolve({ ended: false, error: "not played in time" }), 20000 + (2000 * video.duration) / rate);
    video.defaultPlaybackRate = rate;
    video.preservesPitch = true;
    video.src = url;
    video.play().catch((refused) => { if (!video.error) resolve({ ended: false, error: String(refused) }); });
  });
  clearInterval(listen);
  const quality = video.getVideoPlaybackQuality();
  const sound = new Float32Array(heard.length * ${WINDOW});
  heard.forEach((samples, i) => sound.set(samples, i * ${WINDOW}));
  const { duration } = video;
  video.remove();
  await context.close();
  return {
    ended, error, duration: Number.isFinite(duration) ? duration : null,
    pictures: quality.totalVideoFrames, dropped: quality.droppedVideoFrames,
    sampleRate: context.sampleRate, moments, sound: asText(sound),
  };
}
async function decode(url, sampleRate) {
  const bytes = await (await fetch(url)).arrayBuffer();
  try {
    const decoded = await new OfflineAudioContext(1, 1, sampleRate).decodeAudioData(bytes);
    const mixed = new Float32Array(decoded.length);
    for (let c = 0; c < decoded.numberOfChannels; c++)
      decoded.getChannelData(c).forEach((value, i) => { mixed[i] += value / decoded.numberOfChannels; });
    return { error: null, sound: asText(mixed) };
  } catch (error) {
    return { error: String(error), sound: "" };
  }
}
</script>`;
