// Cases as a page holds them: read once, and again whenever the service says that something was done to one.

import { useEffect, useEffectEvent, useState } from "react";
import type { Box } from "../../io/consult_ports";
import { mergeCases, type Consultation } from "../../protocol/consultation";
import { useLoaded, type Loaded } from "../hooks";
import { useWorld } from "../world";

/** Several events of one act come at once: one reading at the first, one after the last. */
const GATHER_MS = 300;

/** Calls when something happened to the case (to any case without one), and when news may have been missed. */
export function useCaseNews(id: string | null, onNews: () => void): void {
  const { onPush } = useWorld();
  const tell = useEffectEvent(onNews);
  useEffect(() => {
    let timer: number | undefined;
    let isDue = false;
    const rest = (): void => {
      timer = isDue ? window.setTimeout(rest, GATHER_MS) : undefined;
      if (isDue) tell();
      isDue = false;
    };
    const stop = onPush((news) => {
      const isOurs = news.type === "reopened" || (news.type === "case" && (id === null || news.case === id));
      if (!isOurs) return;
      isDue = true;
      if (timer === undefined) rest();
    });
    return () => {
      stop();
      window.clearTimeout(timer);
    };
  }, [onPush, id]);
}

/** A list of cases, kept up to date. */
export function useBox(box: Box): Loaded<Consultation[]> {
  const { consultations } = useWorld();
  const loaded = useLoaded(`cases ${box}`, () => consultations.list(box));
  useCaseNews(null, loaded.reload);
  return loaded;
}

export interface HeldCase extends Loaded<Consultation> {
  /** Takes the case as an act has left it. */
  put: (one: Consultation) => void;
}

/** One case, kept up to date. */
export function useCase(id: string): HeldCase {
  const { consultations } = useWorld();
  const loaded = useLoaded(`case ${id}`, () => consultations.get(id));
  const [acted, setActed] = useState<Consultation | null>(null);
  useCaseNews(id, loaded.reload);
  const own = acted?.id === id ? acted : null;
  const [value = null] = mergeCases(own === null ? [] : [own], loaded.value === null ? [] : [loaded.value]);
  return { ...loaded, value, put: setActed };
}
