// The keys of the ECG pane (interface.md, key map). They come before the page's own: V is the voltage while a caliper
// lies on the trace, and the camera else.

import { useEffect, useEffectEvent } from "react";
import { useWorld } from "../world";

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
