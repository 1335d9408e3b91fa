// Watches whether anybody uses the page; warns, then signs out (a page left open shows a patient to whoever comes by).

import { useEffect, useEffectEvent, useState } from "react";
import { idleAt, isTouchDue, type Idle } from "../protocol/idle";
import { clock } from "../protocol/times";
import { keep, kept } from "../io/preferences";
import { Dialog } from "./pieces";
import { useWorld } from "./world";

const LOOK_EVERY_MS = 1000;
/** Other tabs are told of a touch at most this often. */
const TELL_EVERY_MS = 5000;
const SIGNS = ["pointerdown", "keydown", "wheel", "touchstart", "pointermove"] as const;

export function IdleWatch({ isInRoom }: { isInRoom: boolean }) {
  const { account, backend, signedOut, speak } = useWorld();
  const limit_ms = (account?.idle_after_s ?? 0) * 1000;
  const [idle, setIdle] = useState<Idle>({ kind: "active" });
  const [seen, setSeen] = useState(() => ({ input_ms: Date.now(), touch_ms: Date.now() }));

  const leave = (why: "idle" | "left"): void => {
    void backend
      .signOut()
      .catch(() => undefined)
      .finally(() => signedOut(why));
  };
  const stay = (): void => {
    const now_ms = Date.now();
    if (now_ms - seen.input_ms < TELL_EVERY_MS) return;
    // One person, several tabs: a touch in one is a touch in all.
    keep("touched", String(now_ms));
    setSeen((before) => ({ ...before, input_ms: now_ms }));
    setIdle({ kind: "active" });
  };
  const onSign = useEffectEvent(stay);
  const look = useEffectEvent((): void => {
    const now_ms = Date.now();
    const elsewhere_ms = Number(kept("touched") ?? 0);
    const input_ms = elsewhere_ms <= now_ms ? Math.max(seen.input_ms, elsewhere_ms) : seen.input_ms;
    const next = idleAt(input_ms, limit_ms, isInRoom, now_ms);
    setIdle((before) => (before.kind === "active" && next.kind === "active" ? before : next));
    if (next.kind === "over") leave("idle");
    else if (isTouchDue(input_ms, seen.touch_ms, isInRoom, now_ms)) {
      setSeen((before) => ({ ...before, touch_ms: now_ms }));
      backend.session().catch(() => undefined);
    }
  });
  useEffect(() => {
    const timer = window.setInterval(() => look(), LOOK_EVERY_MS);
    const sense = (): void => onSign();
    for (const sign of SIGNS) window.addEventListener(sign, sense, { passive: true, capture: true });
    return () => {
      window.clearInterval(timer);
      for (const sign of SIGNS) window.removeEventListener(sign, sense, { capture: true });
    };
  }, []);

  if (idle.kind !== "warned") return null;
  return (
    <Dialog title={speak("idle.title")} onClose={stay}>
      <p role="alert">{speak("idle.left", { time: clock(idle.left_ms) })}</p>
      <button type="button" className="btn act big" onClick={stay}>
        {speak("idle.stay")}
      </button>
      <button type="button" className="btn full" onClick={() => leave("left")}>
        {speak("idle.leave")}
      </button>
    </Dialog>
  );
}
