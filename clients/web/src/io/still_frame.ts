// One frame of a camera at the best resolution that the browser gives, as JPEG.

import { STILL_QUALITY } from "../protocol/still_request";

/** A camera that takes no photograph within this time is read as video instead. */
const PHOTO_LIMIT_MS = 4000;

interface PhotoTaker {
  takePhoto(): Promise<Blob>;
}

// Chromium has it; others, and cameras that cannot, are read from the video.
type PhotoTakerClass = new (track: MediaStreamTrack) => PhotoTaker;

/** The full sensor's photograph; null where there is none. */
async function photograph(track: MediaStreamTrack): Promise<Blob | null> {
  const found: unknown = Reflect.get(globalThis, "ImageCapture");
  if (typeof found !== "function") return null;
  const late = new Promise<null>((done) => window.setTimeout(() => done(null), PHOTO_LIMIT_MS));
  try {
    const photo = await Promise.race([new (found as PhotoTakerClass)(track).takePhoto(), late]);
    return photo === null || photo.type === "image/jpeg" ? photo : await asJpeg(await createImageBitmap(photo));
  } catch {
    return null;
  }
}

/** Any picture as JPEG at its own size. */
export async function asJpeg(picture: ImageBitmap | HTMLCanvasElement): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d")?.drawImage(picture, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", STILL_QUALITY));
}

/** A frame of the video as it is taken, at the size in which the camera gives it. */
async function videoFrame(track: MediaStreamTrack): Promise<Blob | null> {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  try {
    await video.play();
    return await asJpeg(await createImageBitmap(video));
  } catch {
    return null;
  } finally {
    video.srcObject = null;
  }
}

/** One frame at full resolution; null where the camera gives none. */
export async function stillOf(track: MediaStreamTrack): Promise<Blob | null> {
  return (await photograph(track)) ?? (await videoFrame(track));
}
