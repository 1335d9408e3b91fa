// The test sound (响一声): two soft tones, as the bytes of a WAV file.

const RATE_HZ = 16_000;
/** Two soft tones, a third apart; unlike any alarm of a medical device. */
const TONES_HZ: readonly number[] = [523.25, 659.25];
const TONE_MS = 260;
const LOUDNESS = 0.28;

/** RIFF/WAVE, one channel of 16-bit samples. */
export function testTone(): ArrayBuffer {
  const perTone = (RATE_HZ * TONE_MS) / 1000;
  const samples = perTone * TONES_HZ.length;
  const bytes = new ArrayBuffer(44 + samples * 2);
  const view = new DataView(bytes);
  const text = (at: number, word: string): void => {
    for (let i = 0; i < word.length; i += 1) view.setUint8(at + i, word.charCodeAt(i));
  };
  text(0, "RIFF");
  view.setUint32(4, 36 + samples * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // linear PCM
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE_HZ, true);
  view.setUint32(28, RATE_HZ * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, samples * 2, true);
  TONES_HZ.forEach((hz, tone) => {
    for (let i = 0; i < perTone; i += 1) {
      // A sine that swells and fades, so that it starts and ends without a click.
      const swell = Math.sin((Math.PI * i) / perTone);
      const value = LOUDNESS * swell * Math.sin((2 * Math.PI * hz * i) / RATE_HZ);
      view.setInt16(44 + (tone * perTone + i) * 2, Math.round(value * 32_767), true);
    }
  });
  return bytes;
}
