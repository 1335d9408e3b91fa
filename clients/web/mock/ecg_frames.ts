// Frames as a gateway makes them, for the mock and for tests (docs/ECG_FORMAT.md).
import type { Frame } from "../src/ecg/frame";

const HEADER_BYTES = 30;

/** The bytes of a frame. */
export function frameBytes(frame: Frame): Uint8Array {
  const { leads, count, samples } = frame;
  const deltas = Array.from({ length: leads }, (_, lead) =>
    Array.from({ length: count - 1 }, (_, i) => {
      const step = (samples[lead * count + i + 1] as number) - (samples[lead * count + i] as number);
      return step >= 0 ? step * 2 : -step * 2 - 1;
    }),
  );
  const widths = deltas.map((coded) => Math.max(...coded, 0).toString(2).length * Number(coded.some(Boolean)));
  const bits = widths.reduce((sum, width) => sum + width * (count - 1), 0);
  const bytes = new Uint8Array(HEADER_BYTES + 5 * leads + Math.ceil(bits / 8) + 4);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0xec);
  view.setUint8(1, 1);
  view.setUint16(2, frame.flags, true);
  view.setUint16(4, frame.stream, true);
  view.setUint16(6, frame.epoch, true);
  view.setBigUint64(8, BigInt(frame.firstSample), true);
  view.setBigUint64(16, BigInt(frame.takenUs), true);
  view.setUint16(24, count, true);
  view.setUint8(26, leads);
  view.setUint8(27, 1);
  view.setUint16(28, frame.leadOff, true);
  for (let lead = 0; lead < leads; lead += 1) {
    view.setInt32(HEADER_BYTES + 4 * lead, samples[lead * count] as number, true);
    view.setUint8(HEADER_BYTES + 4 * leads + lead, widths[lead] as number);
  }
  let at = (HEADER_BYTES + 5 * leads) * 8;
  deltas.forEach((coded, lead) => {
    const width = widths[lead] as number;
    for (const value of coded) {
      for (let bit = 0; bit < width; bit += 1, at += 1)
        if (Math.floor(value / 2 ** bit) % 2 === 1) bytes[at >> 3] = (bytes[at >> 3] as number) | (1 << (at & 7));
    }
  });
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, bytes.length - 4)), true);
  return bytes;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, number) => {
  let value = number;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

function crc32(content: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of content) value = (TABLE[(value ^ byte) & 0xff] as number) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
