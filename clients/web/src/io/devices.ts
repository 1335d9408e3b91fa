// Cameras, microphones and speakers of this computer.

import { BARS, barsOf, problemOf } from "../protocol/devices";
import { testTone } from "../protocol/tone";
import type { Devices, Opened } from "./ports";

/** Ten times a second is as fast as an eye follows seven bars. */
const LEVEL_EVERY_MS = 100;

async function open(constraints: MediaStreamConstraints): Promise<Opened> {
  // Absent in pages that are neither https nor localhost, whatever the type says.
  const media = navigator.mediaDevices as MediaDevices | undefined;
  if (media === undefined) return { stream: null, problem: "insecure" };
  try {
    return { stream: await media.getUserMedia(constraints), problem: null };
  } catch (error) {
    return { stream: null, problem: problemOf(error instanceof Error ? error.name : "") };
  }
}

const chosen = (deviceId: string | null): MediaTrackConstraints =>
  deviceId === null ? {} : { deviceId: { ideal: deviceId } };

export class BrowserDevices implements Devices {
  isAvailable(): boolean {
    return (navigator.mediaDevices as MediaDevices | undefined) !== undefined;
  }

  async list(): Promise<MediaDeviceInfo[]> {
    if (!this.isAvailable()) return [];
    return navigator.mediaDevices.enumerateDevices();
  }

  onChange(listener: () => void): () => void {
    if (!this.isAvailable()) return () => undefined;
    navigator.mediaDevices.addEventListener("devicechange", listener);
    return () => {
      navigator.mediaDevices.removeEventListener("devicechange", listener);
    };
  }

  openCamera(deviceId: string | null): Promise<Opened> {
    return open({ video: { ...chosen(deviceId), width: { ideal: 1280 }, height: { ideal: 720 } } });
  }

  openMicrophone(deviceId: string | null): Promise<Opened> {
    return open({ audio: { ...chosen(deviceId), echoCancellation: true, noiseSuppression: true } });
  }

  watchLevel(stream: MediaStream, onBars: (bars: number) => void): () => void {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 2048;
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let shown = 0;
    const timer = window.setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      // Up at once, down one bar at a time: syllables would make it flicker.
      shown = Math.min(BARS, Math.max(barsOf(samples), shown - 1));
      onBars(shown);
    }, LEVEL_EVERY_MS);
    // Browsers start an AudioContext asleep until someone has touched the page.
    const wake = (): void => {
      void context.resume();
    };
    if (context.state === "suspended") window.addEventListener("pointerdown", wake, { once: true });
    return () => {
      window.clearInterval(timer);
      window.removeEventListener("pointerdown", wake);
      void context.close();
    };
  }

  canChooseSpeaker(): boolean {
    return "setSinkId" in HTMLMediaElement.prototype;
  }

  async playTone(speakerId: string | null): Promise<void> {
    const address = URL.createObjectURL(new Blob([testTone()], { type: "audio/wav" }));
    const sound = new Audio(address);
    try {
      if (speakerId !== null && this.canChooseSpeaker()) await sound.setSinkId(speakerId);
      await sound.play();
      await new Promise((done) => {
        sound.onended = done;
        sound.onerror = done;
      });
    } finally {
      URL.revokeObjectURL(address);
    }
  }
}
