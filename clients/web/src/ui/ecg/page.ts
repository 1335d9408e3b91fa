// A page of the record, fetched: its samples, and as many before it as the filters need.

import { useEffect, useEffectEvent, useMemo, useRef } from "react";
import { decodeFrames } from "../../ecg/frame";
import { WARM_UP_S } from "../../ecg/filtered";
import type { PageWanted } from "../../ecg/page_wanted";
import { StoredPage } from "../../ecg/stored_page";
import type { EcgDescriptor } from "../../protocol/ecg";
import { unreachable, type ApiFailure } from "../../protocol/api";
import { useLoaded } from "../hooks";
import { useWorld } from "../world";

export interface HeldPage {
  readonly page: StoredPage | null;
  readonly failure: ApiFailure | null;
  readonly isSlow: boolean;
  readonly again: () => void;
}

/** Null wanted: nothing is fetched. */
export function usePage(wanted: PageWanted | null, descriptor: EcgDescriptor | null): HeldPage {
  const { ecgs } = useWorld();
  const key = wanted === null ? "" : `${wanted.id} ${wanted.epoch} ${wanted.start} ${wanted.end}`;
  const loaded = useLoaded(`ecg page ${key}`, async () => {
    if (wanted === null || descriptor === null) return null;
    const from = Math.max(0, wanted.start - WARM_UP_S * descriptor.rate_hz);
    try {
      const frames = decodeFrames(await ecgs.frames(wanted.id, wanted.epoch, from, wanted.end));
      const shape = { epoch: wanted.epoch, rateHz: descriptor.rate_hz, leads: descriptor.leads.length };
      return new StoredPage(shape, from, wanted.end, frames);
    } catch (error) {
      // Bytes that are no frames: what came is not the record, and nothing of it is drawn.
      throw error instanceof Error && error.name === "ApiFailure" ? error : unreachable();
    }
  });
  const { value, failure, isSlow, reload } = loaded;
  // The same page with more in it is fetched again behind the one that stands there.
  const asked = useRef({ key, stored: wanted?.stored ?? 0 });
  const stored = wanted?.stored ?? 0;
  const askAgain = useEffectEvent(() => {
    const before = asked.current;
    asked.current = { key, stored };
    if (before.key === key && before.stored !== stored) reload();
  });
  useEffect(() => askAgain(), [key, stored]);
  return useMemo(() => ({ page: value, failure, isSlow, again: reload }), [value, failure, isSlow, reload]);
}
