// Reading the code of a health card with the camera, where the browser can (BarcodeDetector, WICG Shape Detection).

import type { Scanner } from "./kiosk_ports";

/** Not yet among the DOM's types. */
interface BarcodeReader {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
type BarcodeReaderMaker = new (options: { formats: string[] }) => BarcodeReader;

/** Cards carry a QR code, or the bars of a hospital's own number. */
const FORMATS = ["qr_code", "code_128", "code_39"];
/** A hand holds a card still for longer than this. */
const LOOK_EVERY_MS = 200;

const maker = (): BarcodeReaderMaker | undefined =>
  (globalThis as { BarcodeDetector?: BarcodeReaderMaker }).BarcodeDetector;

export class CameraScanner implements Scanner {
  isAvailable(): boolean {
    return maker() !== undefined;
  }

  watch(video: HTMLVideoElement, onText: (text: string) => void): () => void {
    const Reader = maker();
    if (Reader === undefined) return () => undefined;
    const reader = new Reader({ formats: FORMATS });
    let isBusy = false;
    const timer = window.setInterval(() => {
      if (isBusy || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
      isBusy = true;
      reader
        .detect(video)
        .then(
          ([found]) => {
            if (found !== undefined) onText(found.rawValue);
          },
          () => undefined, // a frame that cannot be read is followed by another
        )
        .finally(() => {
          isBusy = false;
        });
    }, LOOK_EVERY_MS);
    return () => window.clearInterval(timer);
  }
}
