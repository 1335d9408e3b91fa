// The picture of this kiosk's own camera, as in a mirror.

import { useEffect, useRef } from "react";
import { problemKey } from "../ui/ComputerCheck";
import type { OwnStream } from "../ui/own_devices";
import { useWorld } from "../ui/world";

export function OwnPreview({ own, caption }: { own: OwnStream; caption: string }) {
  const { speak } = useWorld();
  const element = useRef<HTMLVideoElement>(null);
  const { stream } = own;
  useEffect(() => {
    if (element.current !== null) element.current.srcObject = stream;
  }, [stream]);
  return (
    <div className="vid k-preview">
      {stream !== null && (
        <video ref={element} className="fill mirror" autoPlay playsInline muted aria-label={caption} />
      )}
      {own.problem !== null && (
        <div className="vid-word">
          <span>{speak(problemKey("camera", own.problem))}</span>
        </div>
      )}
      <span className="cap">{caption}</span>
    </div>
  );
}
