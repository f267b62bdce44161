/** The codec of a song's sound, also where mediabunny 1.61.0 does not know its sample entry. */
import type { AudioCodec, InputAudioTrack } from "mediabunny";

/** MP3 by QuickTime's name, as films have it. */
const isQuickTimeMp3 = async (track: InputAudioTrack): Promise<boolean> =>
  (await track.getInternalCodecId()) === ".mp3";

export const trackCodec = async (track: InputAudioTrack): Promise<AudioCodec | null> =>
  (await isQuickTimeMp3(track)) ? "mp3" : await track.getCodec();

/** What a decoder must be told. */
export async function trackConfig(track: InputAudioTrack): Promise<AudioDecoderConfig | null> {
  if (!(await isQuickTimeMp3(track))) return await track.getDecoderConfig();
  const [sampleRate, numberOfChannels] = [await track.getSampleRate(), await track.getNumberOfChannels()];
  return { codec: "mp3", sampleRate, numberOfChannels };
}
