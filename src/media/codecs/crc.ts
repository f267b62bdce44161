/** The cyclic redundancy checks of FLAC (RFC 9639, 9.1.8 and 9.3), most significant bit first. */

function table(polynomial: number, bits: 8 | 16): Uint16Array {
  const top = 1 << (bits - 1);
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let rest = byte << (bits - 8);
    for (let i = 0; i < 8; i++) rest = rest & top ? (rest << 1) ^ polynomial : rest << 1;
    return rest & ((top << 1) - 1);
  });
}
const CRC8 = table(0x07, 8);
const CRC16 = table(0x8005, 16);
/** The tables of a byte that is followed by one, two or three more bytes. */
const follow = (before: Uint16Array) =>
  before.map((rest) => ((rest << 8) & 0xffff) ^ (CRC16[rest >> 8] ?? 0));
const CRC16_1 = follow(CRC16);
const CRC16_2 = follow(CRC16_1);
const CRC16_3 = follow(CRC16_2);

/** The CRC-8 of the bytes before `end`. */
export function crc8(bytes: Uint8Array, end: number): number {
  let rest = 0;
  for (let i = 0; i < end; i++) rest = CRC8[rest ^ (bytes[i] ?? 0)] ?? 0;
  return rest;
}

/** The CRC-16 of the bytes before `end`; 0 for a frame that is followed by its own CRC. */
export function crc16(bytes: Uint8Array, end: number): number {
  let rest = 0;
  let i = 0;
  for (; i + 4 <= end; i += 4) {
    rest =
      (CRC16_3[(rest >> 8) ^ (bytes[i] ?? 0)] ?? 0) ^
      (CRC16_2[(rest & 0xff) ^ (bytes[i + 1] ?? 0)] ?? 0) ^
      (CRC16_1[bytes[i + 2] ?? 0] ?? 0) ^
      (CRC16[bytes[i + 3] ?? 0] ?? 0);
  }
  for (; i < end; i++) rest = ((rest << 8) & 0xffff) ^ (CRC16[(rest >> 8) ^ (bytes[i] ?? 0)] ?? 0);
  return rest;
}
