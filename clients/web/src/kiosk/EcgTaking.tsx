// Start and stop of an ECG, and the small view between them.

import { Suspense, useEffect, useRef, useState } from "react";
import { clock } from "../protocol/times";
import type { EcgReport } from "../protocol/truth";
import { useWorld } from "../ui/world";
import type { Taking } from "./ecg_taking";
import { KioskIcon } from "./KioskIcon";
import { later } from "../ui/later";
import { Sheet, Trouble } from "./pieces";

// What draws is fetched when an ECG runs: a kiosk that takes none does not load it.
const EcgSmall = later(() => import("./EcgSmall").then((part) => part.EcgSmall));

/** Whether a box is there, in words. */
export function GatewayWords({ taking }: { taking: Taking }) {
  const { speak } = useWorld();
  const { gateways, gateway } = taking;
  if (gateways === null) return null;
  const isReady = gateway?.is_connected === true;
  return (
    <p className={isReady ? "k-ecg-box ready" : "k-ecg-box"} role="status">
      {!isReady && <span className="tri" aria-hidden="true" />}
      {gateway === null
        ? speak("ecg.gateway.none")
        : isReady
          ? speak("ecg.gateway.ready", { name: gateway.name })
          : speak("ecg.gateway.away")}
    </p>
  );
}

/** The one act: start, or stop after a question. */
export function EcgAct({ taking, className }: { taking: Taking; className: string }) {
  const { speak } = useWorld();
  const [isAsking, setAsking] = useState(false);
  if (taking.isRunning) {
    if (!taking.mayStop) return null;
    return (
      <>
        <button type="button" className={`k-btn strong ${className}`} onClick={() => setAsking(true)}>
          <KioskIcon name="ecg" />
          {speak("ecg.stop")}
        </button>
        {isAsking && (
          <Sheet title={speak("ecg.stop")} onClose={() => setAsking(false)}>
            <p className="k-body">{speak("ecg.kiosk.stopAsk")}</p>
            <div className="k-row">
              <span className="sp" />
              <button
                type="button"
                className="k-btn act k-next"
                aria-disabled={taking.isBusy}
                onClick={() => {
                  setAsking(false);
                  taking.stop();
                }}
              >
                {speak("ecg.stop")}
              </button>
            </div>
          </Sheet>
        )}
      </>
    );
  }
  const isReady = taking.gateway?.is_connected === true && !taking.isBusy;
  return (
    <button
      type="button"
      className={isReady ? `k-btn act ${className}` : `k-btn locked ${className}`}
      aria-disabled={!isReady}
      onClick={() => {
        if (isReady) taking.start();
      }}
    >
      <KioskIcon name="ecg" />
      {speak("ecg.start")}
    </button>
  );
}

/** The live view, as large as its place. */
export function EcgRoom({ taking, onSight }: { taking: Taking; onSight?: (seen: EcgReport | null) => void }) {
  const { speak } = useWorld();
  const place = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const watching = new ResizeObserver(() => setHeight(element.clientHeight));
    watching.observe(element);
    return () => watching.disconnect();
  }, []);
  const { ecg } = taking;
  return (
    <div ref={place} className="k-ecg-room">
      {ecg === null || height === 0 ? null : ecg.state === "ended" ? (
        <p className="k-body" role="status">
          {speak("ecg.kiosk.done", {
            text: speak("ecg.kiosk.stored", { time: clock(Math.max(0, ecg.duration_ms - ecg.missing_ms)) }),
          })}
        </p>
      ) : (
        <Suspense fallback={<p className="k-body">{speak("ecg.connecting")}</p>}>
          <EcgSmall key={ecg.id} id={ecg.id} height={height} onSight={onSight} />
        </Suspense>
      )}
      <Trouble failure={taking.failure} />
    </div>
  );
}
