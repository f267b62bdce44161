/** Sound as packets of one codec, ready for a file. */
import type { AudioCodec } from "mediabunny";
import type { SongPacket } from "../song/frames.ts";

export interface Sound {
  codec: AudioCodec;
  config: AudioDecoderConfig;
  /** Duration of every packet in seconds, if it is known and the same for all. */
  packetSeconds?: number;
  packets(): AsyncGenerator<SongPacket, void, unknown>;
}
