// The keys of the ECG pane (interface.md, key map). They come before the page's own: V is the voltage while a caliper
// lies on the trace, and the camera else.

import { useEffect, useEffectEvent } from "react";
import { nextGain } from "../../ecg/scale";
import { useWorld } from "../world";
import type { CaliperHand } from "./caliper_hand";
import type { Viewing } from "./viewing";

/** What the keys do; undefined: nothing now. */
export type Acts = Readonly<Record<string, (() => void) | undefined>>;

/** Returns whether it took the key. `isInside`: the drawing has the focus. */
export type OnKey = (event: KeyboardEvent, isInside: boolean) => boolean;

export function useEcgKeys(onKey: OnKey): void {
  const { hasKeys } = useWorld();
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("input, textarea, select, dialog, .call") != null) return;
    if (document.querySelector("dialog[open]") !== null) return;
    const isInside = target?.closest(".ecg-drawing") != null;
    // A key of one character can be switched off (WCAG 2.1.4); Space and Enter belong to the button that has the focus.
    if (event.key.length === 1 && !hasKeys && !isInside) return;
    if (event.key === " " && target?.closest("button, a") != null) return;
    if (!onKey(event, isInside)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
  useEffect(() => {
    window.addEventListener("keydown", press, true);
    return () => window.removeEventListener("keydown", press, true);
  }, []);
}

export function viewingActs({ setLayout, gain, setGain }: Viewing): Acts {
  const more = (): void => setGain(nextGain(gain, 1));
  return {
    "1": () => setLayout("3x4+1"),
    "2": () => setLayout("6x2"),
    "3": () => setLayout("12x1"),
    "+": more,
    "=": more,
    "-": () => setGain(nextGain(gain, -1)),
  };
}

/** Arrows and Tab belong to a caliper that lies on a drawing with the focus, Shift goes ten times as far. */
export function caliperActs(caliper: CaliperHand, event: KeyboardEvent, isInside: boolean): Acts {
  const far = event.shiftKey ? 10 : 1;
  const isThere = caliper.mark !== null;
  return {
    c: caliper.toggle,
    ...(caliper.isOn ? { escape: caliper.away } : {}),
    ...(isThere ? { m: caliper.march, v: caliper.mv } : {}),
    ...(isThere && isInside && !event.shiftKey ? { tab: caliper.other } : {}),
    ...(isThere && isInside
      ? {
          arrowleft: () => caliper.step(-far, 0),
          arrowright: () => caliper.step(far, 0),
          arrowup: () => caliper.step(0, far),
          arrowdown: () => caliper.step(0, -far),
        }
      : {}),
  };
}
