// Cases as a page holds them: read once, and again whenever the service says that something was done to one.

import { useEffect, useEffectEvent, useState } from "react";
import type { Box } from "../../io/consult_ports";
import { mergeCases, type Consultation } from "../../protocol/consultation";
import { useLoaded, type Loaded } from "../hooks";
import { useWorld } from "../world";

/** Several events of one act come at once: one reading at the first, one after the last. */
const GATHER_MS = 300;

/** Lists that nobody waits for let what somebody does wait for go first. */
const LISTS_AFTER_MS = 1000;

/** The case that the answer to a call has just left, for the page that opens on it. */
let answered: Consultation | null = null;

/** Keeps a case for the page that opens next, which then need not ask for it before it draws. */
export function handOn(one: Consultation): void {
  answered = one;
}

interface NewsChoice {
  /** The first word of the events' kinds; without it all of them. */
  of?: "message" | "attachment" | "opinion" | "report" | "criticalvalue";
  /** How long the first reading lets others go first. */
  wait_ms?: number;
}

/** Calls when something happened to the case (to any case without one), and when news may have been missed. */
export function useCaseNews(id: string | null, onNews: () => void, { of, wait_ms = 0 }: NewsChoice = {}): void {
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
      if (news.type !== "reopened") {
        const isOurs = news.type === "case" && (id === null || news.case === id);
        if (!isOurs || (of !== undefined && !news.kind.startsWith(`${of}.`))) return;
      }
      isDue = true;
      if (timer !== undefined) return;
      if (wait_ms === 0) rest();
      else timer = window.setTimeout(rest, wait_ms);
    });
    return () => {
      stop();
      window.clearTimeout(timer);
    };
  }, [onPush, id, of, wait_ms]);
}

/** A list of cases, kept up to date. */
export function useBox(box: Box): Loaded<Consultation[]> {
  const { consultations } = useWorld();
  const loaded = useLoaded(`cases ${box}`, () => consultations.list(box));
  useCaseNews(null, loaded.reload, { wait_ms: box === "incoming" ? 0 : LISTS_AFTER_MS });
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
  const [acted, setActed] = useState<Consultation | null>(() => (answered?.id === id ? answered : null));
  useCaseNews(id, loaded.reload);
  useEffect(() => {
    // Whoever opens the page again asks for the case as it is then.
    if (answered?.id === id) answered = null;
  }, [id]);
  const own = acted?.id === id ? acted : null;
  const [value = null] = mergeCases(own === null ? [] : [own], loaded.value === null ? [] : [loaded.value]);
  return { ...loaded, value, put: setActed };
}
