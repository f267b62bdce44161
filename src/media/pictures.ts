/** The film's pictures: each clip's packets in turn, at the times at which the film shows them. */
import type { EncodedPacket } from "mediabunny";
import { type AvcConfig, fromBase64, parseAvcConfig, withParameterSets } from "./avc.ts";
import { openClip } from "./clip.ts";
import { packetsOf } from "./packets.ts";
import type { Cut } from "./plan-cuts.ts";

export interface Picture {
  packet: EncodedPacket;
  /** When it is decoded, in seconds of the film: what interleaving goes by. */
  decodeSeconds: number;
}

const avcOf = (cut: Cut): AvcConfig | null => parseAvcConfig(fromBase64(cut.packets.facts.decoderConfig));

/** The configuration that the film announces: the most demanding clip's, so that a decoder is ready for all. */
export function announcedConfig(cuts: readonly Cut[]): VideoDecoderConfig | undefined {
  const demand = (cut: Cut) => avcOf(cut)?.demand ?? 0;
  return cuts.toSorted((a, b) => demand(b) - demand(a))[0]?.packets.config;
}

/**
 * Every packet of the film in decode order, its bytes as they were. Where clips differ in their
 * parameter sets, every clip repeats its own in front of its key frames, the first one too:
 * sets of an earlier clip stay in the decoder, and a player may jump anywhere.
 */
export async function* pictures(cuts: readonly Cut[]): AsyncGenerator<Picture, void, unknown> {
  const differ = new Set(cuts.map((cut) => cut.packets.facts.decoderConfig)).size > 1;
  for (const cut of cuts) {
    using input = openClip(cut.edit.file);
    const track = await input.getPrimaryVideoTrack();
    const sets = differ ? avcOf(cut) : null;
    const decodeTimes = cut.shown.map((shown) => shown.timestamp).sort((a, b) => a - b);
    let used = 0;
    for await (const packet of track ? packetsOf(track) : []) {
      const shown = cut.shown[used];
      if (!shown) break;
      const data = sets && packet.type === "key" ? withParameterSets(packet.data, sets) : packet.data;
      const timestamp = cut.startSeconds + shown.timestamp;
      const decodeSeconds = cut.startSeconds + (decodeTimes[used] ?? 0);
      yield { packet: packet.clone({ data, timestamp, duration: shown.duration }), decodeSeconds };
      used++;
    }
    cut.edit.file.release();
    if (used < cut.shown.length)
      throw new Error(`A clip has ${used} pictures now and had more when it was measured.`);
  }
}
