// An ECG frame out of its bytes (docs/ECG_FORMAT.md): what the gateway put in, bit for bit, or a refusal.

/** What is to be known of a frame before its samples are looked at. */
export const FrameFlag = {
  /** Filled in afterwards from what was kept. */
  Late: 1,
  /** The device lost samples just before this frame. */
  GapBefore: 2,
  /** The device saw a pacemaker's spike in it. */
  Pacing: 4,
  /** Made, not measured. */
  Simulated: 8,
} as const;

const MAGIC = 0xec;
const VERSION = 1;
const PACKED = 1;
const MAX_LEADS = 16;
const MAX_SAMPLES = 2_000;
const MAX_VALUE = 2 ** 30 - 1;
const MAX_MESSAGE_FRAMES = 3;
const HEADER_BYTES = 30;
const CHECK_BYTES = 4;
const MAX_BITS = 32;
const ALL_FLAGS = 15;

/** Consecutive samples of all leads of a device. */
export interface Frame {
  readonly stream: number;
  /** How often the device's counter began anew. */
  readonly epoch: number;
  /** Number of the first sampling instant. */
  readonly firstSample: number;
  /** When that was, on the gateway's clock, microseconds since the Unix epoch. */
  readonly takenUs: number;
  readonly count: number;
  readonly leads: number;
  /** A bit for each lead, the first the lowest: its electrode has no contact. */
  readonly leadOff: number;
  readonly flags: number;
  /** Lead after lead, `count` each, in steps of the device's resolution. */
  readonly samples: Int32Array;
}

/** Why bytes are no frame. */
export type FrameFault =
  "frame_truncated" | "frame_foreign" | "frame_version_unknown" | "frame_size_wrong" | "frame_altered";

export class MalformedFrame extends Error {
  constructor(readonly code: FrameFault) {
    super(code);
  }
}

/** The frame that begins at `offset`, and the offset of the first byte after it. Throws MalformedFrame. */
export function decodeFrame(content: Uint8Array, offset = 0): { frame: Frame; end: number } {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (content.length < offset + HEADER_BYTES) throw new MalformedFrame("frame_truncated");
  if (view.getUint8(offset) !== MAGIC) throw new MalformedFrame("frame_foreign");
  if (view.getUint8(offset + 1) !== VERSION || view.getUint8(offset + 27) !== PACKED)
    throw new MalformedFrame("frame_version_unknown");
  const flags = view.getUint16(offset + 2, true);
  const count = view.getUint16(offset + 24, true);
  const leads = view.getUint8(offset + 26);
  if (leads < 1 || leads > MAX_LEADS || count < 1 || count > MAX_SAMPLES) throw new MalformedFrame("frame_size_wrong");
  const atWidths = offset + HEADER_BYTES + 4 * leads;
  const widths = content.subarray(atWidths, atWidths + leads);
  const bitCount = widths.reduce((sum, width) => sum + width, 0) * (count - 1);
  const atDeltas = atWidths + leads;
  const atCheck = atDeltas + Math.ceil(bitCount / 8);
  if (content.length < atCheck + CHECK_BYTES) throw new MalformedFrame("frame_truncated");
  if (view.getUint32(atCheck, true) !== crc32(content.subarray(offset, atCheck)))
    throw new MalformedFrame("frame_altered");
  const firstSample = view.getBigUint64(offset + 8, true);
  const takenUs = view.getBigUint64(offset + 16, true);
  const leadOff = view.getUint16(offset + 28, true);
  const longest = BigInt(Number.MAX_SAFE_INTEGER);
  if (
    flags > ALL_FLAGS ||
    leadOff >> leads !== 0 ||
    firstSample > longest ||
    takenUs > longest ||
    widths.some((width) => width > MAX_BITS) ||
    (bitCount % 8 !== 0 && view.getUint8(atCheck - 1) >> (bitCount % 8) !== 0)
  )
    throw new MalformedFrame("frame_size_wrong");
  const samples = new Int32Array(leads * count);
  let atBit = atDeltas * 8;
  for (let lead = 0; lead < leads; lead += 1) {
    const width = widths[lead] as number;
    let value = view.getInt32(offset + HEADER_BYTES + 4 * lead, true);
    for (let i = 0; i < count; i += 1) {
      if (i > 0 && width > 0) {
        const coded = bitsAt(content, atBit, width);
        value += coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
        atBit += width;
      }
      if (Math.abs(value) > MAX_VALUE) throw new MalformedFrame("frame_size_wrong");
      samples[lead * count + i] = value;
    }
  }
  const frame: Frame = {
    stream: view.getUint16(offset + 4, true),
    epoch: view.getUint16(offset + 6, true),
    firstSample: Number(firstSample),
    takenUs: Number(takenUs),
    count,
    leads,
    leadOff,
    flags,
    samples,
  };
  return { frame, end: atCheck + CHECK_BYTES };
}

/** The frames of a message of the live lane, the newest first. Throws MalformedFrame. */
export function decodeMessage(content: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  let offset = 0;
  do {
    if (frames.length === MAX_MESSAGE_FRAMES) throw new MalformedFrame("frame_size_wrong");
    const { frame, end } = decodeFrame(content, offset);
    frames.push(frame);
    offset = end;
  } while (offset < content.length);
  return frames;
}

/** All frames that stand one after another, in order: what a socket or a stretch of the record brings. Throws MalformedFrame. */
export function decodeFrames(content: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  for (let offset = 0; offset < content.length;) {
    const { frame, end } = decodeFrame(content, offset);
    frames.push(frame);
    offset = end;
  }
  return frames;
}

/** Up to 32 bits as a number that is never negative; the lowest bit comes first. */
function bitsAt(content: Uint8Array, atBit: number, width: number): number {
  const first = atBit >> 3;
  const skipped = atBit & 7;
  let value = 0;
  let scale = 1;
  // Not shifts: five bytes may be needed, and JavaScript's shifts have 32 bits.
  for (let i = first; scale < 2 ** (width + skipped); i += 1) {
    value += (content[i] as number) * scale;
    scale *= 256;
  }
  return Math.floor(value / 2 ** skipped) % 2 ** width;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, number) => {
  let value = number;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** CRC-32 as in gzip and zlib. */
function crc32(content: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of content) value = (CRC_TABLE[(value ^ byte) & 0xff] as number) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
