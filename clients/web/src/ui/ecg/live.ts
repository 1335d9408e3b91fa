// A live ECG as React holds it: opened while somebody looks, and looked at a few times a second.

import { useEffect, useState } from "react";
import type { LiveEcg } from "../../io/ecg_ports";
import { ApiFailure, unreachable } from "../../protocol/api";
import type { Ecg, Vital } from "../../protocol/ecg";
import { useCaseNews } from "../consult/cases";
import { useEvery, useLoaded } from "../hooks";
import { useWorld } from "../world";

/** Numbers beside the drawing: faster nobody reads. */
const LOOK_EVERY_MS = 250;
/** A push may be lost with its socket, and a kiosk has its own: who waits for an ECG asks as well. */
const ASK_EVERY_MS = 5000;
/** As far back as trends are kept (ecg/vitals.ts): an hour of one value in five seconds. */
const VITALS_BACK_MS = 3_600_000;

export interface HeldLive {
  readonly live: LiveEcg | null;
  readonly failure: ApiFailure | null;
  readonly again: () => void;
}

/** The ECG with this id, live; closed again when nobody looks. */
export function useLiveEcg(id: string): HeldLive {
  const { ecgs } = useWorld();
  const [round, setRound] = useState(0);
  const [held, setHeld] = useState<{ live: LiveEcg | null; failure: ApiFailure | null }>({ live: null, failure: null });
  useEffect(() => {
    let isWanted = true;
    let opened: LiveEcg | null = null;
    ecgs.open(id).then(
      (live) => {
        if (!isWanted) {
          live.close();
          return;
        }
        opened = live;
        followVitals(live, (from_us) => ecgs.vitals(id, from_us));
        setHeld({ live, failure: null });
      },
      (error: unknown) => {
        if (isWanted) setHeld({ live: null, failure: error instanceof ApiFailure ? error : unreachable() });
      },
    );
    return () => {
      isWanted = false;
      opened?.close();
    };
  }, [ecgs, id, round]);
  return { ...held, again: () => setRound((n) => n + 1) };
}

/** Fetches the vitals of the last hour whenever the link has opened: the socket tells only what comes from then on. */
function followVitals(live: LiveEcg, ask: (from_us: number) => Promise<Vital[]>): void {
  let isOpen = false;
  const look = (): void => {
    const wasOpen = isOpen;
    isOpen = live.link() === "open" && live.watch.ecg !== null;
    if (!isOpen || wasOpen) return;
    const end_ms = live.watch.ecg?.ended_at_ms ?? live.watch.serverNow_ms(performance.now()) ?? Date.now();
    // Without them the drawing is as good as with them.
    ask(Math.max(0, end_ms - VITALS_BACK_MS) * 1000).then(
      (values) => live.watch.vitals.receive(values),
      () => undefined,
    );
  };
  live.subscribe(look);
  look();
}

/** The page's own clock (performance.now), so that what is drawn from it changes a few times a second. */
export function useLook(): number {
  const [now_ms, setNow] = useState(() => performance.now());
  useEvery(LOOK_EVERY_MS, () => setNow(performance.now()));
  return now_ms;
}

/** The ECGs of a case, kept up to date. */
export function useCaseEcgs(id: string): { ecgs: readonly Ecg[]; reload: () => void } {
  const { ecgs } = useWorld();
  const loaded = useLoaded(`ecgs ${id}`, () => ecgs.ofCase(id));
  const { reload } = loaded;
  useCaseNews(id, reload);
  useEvery(ASK_EVERY_MS, reload);
  return { ecgs: loaded.value ?? NONE, reload };
}

const NONE: readonly Ecg[] = [];
