// A signature as a PNG and its hash: the picture is kept with the case, the hash goes into the consent.

import { pathOf, type Stroke } from "../protocol/signature";

/** In pixels of the picture; the sheet on the screen is as wide. */
const LINE_WIDTH = 4;

/** The picture, black on white, and the SHA-256 of its bytes in hexadecimal; null where the browser cannot hash. */
export async function signatureImage(
  strokes: readonly Stroke[],
  size: { width: number; height: number },
): Promise<{ png: Blob; sha256: string } | null> {
  // Only pages over https or on localhost have it, whatever the type says.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(size.width);
  canvas.height = Math.round(size.height);
  const context = canvas.getContext("2d");
  if (context === null || subtle === undefined) return null;
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.lineWidth = LINE_WIDTH;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.stroke(new Path2D(pathOf(strokes)));
  const png = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (png === null) return null;
  const hash = new Uint8Array(await subtle.digest("SHA-256", await png.arrayBuffer()));
  return { png, sha256: Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("") };
}
