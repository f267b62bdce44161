import {
  type EncodedPacket,
  EncodedPacketSink,
  type InputTrack,
  type PacketRetrievalOptions,
} from "mediabunny";

/**
 * A track's packets in decode order, one in memory at a time. mediabunny's own iterator reads ahead as many
 * packets as were taken in the last second; a Worker's clock does not advance, so that could be all of them.
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
