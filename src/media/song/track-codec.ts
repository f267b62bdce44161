/** The codec of a song's track, also for a sample entry that mediabunny 1.61.0 does not know. */
import type { AudioCodec, InputAudioTrack } from "mediabunny";

/** Whether it is MP3 in QuickTime's sample entry, which our films use. */
const isQuickTimeMp3 = async (track: InputAudioTrack): Promise<boolean> =>
  (await track.getInternalCodecId()) === ".mp3";

export const trackCodec = async (track: InputAudioTrack): Promise<AudioCodec | null> =>
  (await isQuickTimeMp3(track)) ? "mp3" : await track.getCodec();

/** The decoder's configuration; null when mediabunny has none. */
export async function trackConfig(track: InputAudioTrack): Promise<AudioDecoderConfig | null> {
  if (!(await isQuickTimeMp3(track))) return await track.getDecoderConfig();
  const [sampleRate, numberOfChannels] = [await track.getSampleRate(), await track.getNumberOfChannels()];
  return { codec: "mp3", sampleRate, numberOfChannels };
}
