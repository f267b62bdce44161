import {
  type EncodedPacket,
  EncodedPacketSink,
  type InputTrack,
  type PacketRetrievalOptions,
} from "mediabunny";

/**
 * A track's packets in decode order, one in memory at a time. mediabunny's own iterator reads ahead
 * as many as were taken in the last second, which in a Worker, whose clock stands still, can be all.
 */
export async function* packetsOf(
  track: InputTrack,
  options: PacketRetrievalOptions = {},
): AsyncGenerator<EncodedPacket, void, unknown> {
  const sink = new EncodedPacketSink(track);
  let packet = await sink.getFirstPacket(options);
  while (packet) {
    yield packet;
    packet = await sink.getNextPacket(packet, options);
  }
}
