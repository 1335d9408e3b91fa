// A QR code, drawn here: its content goes to no other host.

import qrcode from "qrcode-generator";
import { QUIET_MODULES, qrPath } from "../protocol/qr";

export function QrCode({ text, label }: { text: string; label: string }) {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const size = code.getModuleCount();
  const side = size + 2 * QUIET_MODULES;
  return (
    <svg className="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={side} height={side} className="qr-paper" />
      <path d={qrPath(size, (row, column) => code.isDark(row, column))} className="qr-ink" />
    </svg>
  );
}
