// Small pieces of waiting that several screens share: loading, ticking, keys, the address.

import { useCallback, useEffect, useEffectEvent, useRef, useState, useSyncExternalStore } from "react";
import { ApiFailure, unreachable } from "../protocol/api";
import { doorFrom, routeFrom, type Door, type Route } from "../protocol/route";
import { useWorld } from "./world";

/** Nothing is said about loading before this: a list that comes at once must not flicker. */
const SAY_LOADING_AFTER_MS = 400;

export interface Loaded<T> {
  value: T | null;
  failure: ApiFailure | null;
  /** Loading has lasted long enough to say so. */
  isSlow: boolean;
  loadedAt_ms: number | null;
  reload: () => void;
}

/** Loads when `key` changes and when `reload` is called. The value of the last good answer stays until a new one comes. */
export function useLoaded<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const { signedOut } = useWorld();
  const [round, setRound] = useState(0);
  const [state, setState] = useState<{
    key: string;
    value: T | null;
    failure: ApiFailure | null;
    at_ms: number | null;
  }>({
    key,
    value: null,
    failure: null,
    at_ms: null,
  });
  const [isSlow, setSlow] = useState(false);
  const begin = useEffectEvent(load);
  const onSignedOut = useEffectEvent(signedOut);
  useEffect(() => {
    let isWanted = true;
    const timer = window.setTimeout(() => setSlow(true), SAY_LOADING_AFTER_MS);
    begin()
      .then(
        (value) => {
          if (isWanted) setState({ key, value, failure: null, at_ms: Date.now() });
        },
        (error: unknown) => {
          if (!isWanted) return;
          const failure = error instanceof ApiFailure ? error : unreachable();
          if (failure.status === 401) onSignedOut("expired");
          setState((before) =>
            before.key === key ? { ...before, failure } : { key, value: null, failure, at_ms: null },
          );
        },
      )
      .finally(() => {
        window.clearTimeout(timer);
        if (isWanted) setSlow(false);
      });
    return () => {
      isWanted = false;
      window.clearTimeout(timer);
    };
  }, [key, round]);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  const isCurrent = state.key === key;
  return {
    value: isCurrent ? state.value : null,
    failure: isCurrent ? state.failure : null,
    isSlow,
    loadedAt_ms: isCurrent ? state.at_ms : null,
    reload,
  };
}

export interface Acting {
  isBusy: boolean;
  failure: ApiFailure | null;
  /** Does something once at a time; a failure stays until the next try. */
  run: (work: () => Promise<void>) => void;
  forget: () => void;
}

/** Doing something at the service, and what it answered when it did not work. A session that ran out ends the page. */
export function useActing(): Acting {
  const { signedOut, network } = useWorld();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const run = (work: () => Promise<void>): void => {
    if (isBusy) return;
    setBusy(true);
    setFailure(null);
    work()
      .catch((error: unknown) => {
        const refused = error instanceof ApiFailure ? error : unreachable();
        setFailure(refused);
        if (refused.isOffline) network.tryNow();
        if (refused.code === "signed_out") signedOut("expired");
      })
      .finally(() => setBusy(false));
  };
  return { isBusy, failure, run, forget: useCallback(() => setFailure(null), []) };
}

/** The wall clock, drawn anew every `every_ms`. */
export function useNow(every_ms: number): number {
  const [now_ms, setNow] = useState(() => Date.now());
  useEvery(every_ms, () => setNow(Date.now()));
  return now_ms;
}

/** Does this every `every_ms`, the first time after as long; null: not now. */
export function useEvery(every_ms: number | null, act: () => void): void {
  const again = useEffectEvent(act);
  useEffect(() => {
    if (every_ms === null) return;
    const timer = window.setInterval(() => again(), every_ms);
    return () => window.clearInterval(timer);
  }, [every_ms]);
}

const hashChanges = (onChange: () => void): (() => void) => {
  window.addEventListener("hashchange", onChange);
  return () => window.removeEventListener("hashchange", onChange);
};

/** The screen that the address names. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(hashChanges, () => location.hash);
  return routeFrom(hash);
}

/** The door that the address names; a one-time code is taken out of the address at once. */
export function useDoor(): Door | null {
  const hash = useSyncExternalStore(hashChanges, () => location.hash);
  const [door, setDoor] = useState(() => doorFrom(location.hash));
  const named = doorFrom(hash);
  // Back to an address without a door closes it; the same door without its code keeps the code it came with.
  if (named === null && door !== null) setDoor(null);
  else if (named !== null && (door?.door !== named.door || (named.code !== "" && named.code !== door.code)))
    setDoor(named);
  useEffect(() => {
    // A code in the address bar would be read over a shoulder, kept in the history, and sent on by mistake.
    if (named !== null && named.code !== "") history.replaceState(null, "", `#/${named.door}`);
  }, [named]);
  return named === null ? null : door;
}

/** Whether a media query holds. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (onChange: () => void) => {
      const list = window.matchMedia(query);
      list.addEventListener("change", onChange);
      return () => list.removeEventListener("change", onChange);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}

/** As wide as a phone: one column, acts under the thumb. */
export function usePhone(): boolean {
  return useMedia("(max-width: 600px)");
}

/** Single keys (WCAG 2.1.4): off while text is written or a dialog is open, and off altogether by choice. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const { hasKeys } = useWorld();
  const press = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("input, textarea, select, dialog") != null) return;
    // Space belongs to the button that has the focus.
    if (event.key === " " && target?.closest("button") != null) return;
    const act = keys[event.key.toLowerCase()];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  useEffect(() => {
    if (!hasKeys) return;
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [hasKeys]);
}

/** The title of the browser's tab while a screen is open. */
export function useTitle(title: string): void {
  const { speak } = useWorld();
  const whole = title === "" ? speak("app.title") : `${title} · ${speak("app.title")}`;
  useEffect(() => {
    document.title = whole;
  }, [whole]);
}

/** True once `isOn` has held for a while. */
export function useLasting(isOn: boolean, after_ms: number): boolean {
  const [hasLasted, setLasted] = useState(false);
  const timer = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (isOn) timer.current = window.setTimeout(() => setLasted(true), after_ms);
    return () => {
      window.clearTimeout(timer.current);
      setLasted(false);
    };
  }, [isOn, after_ms]);
  return isOn && hasLasted;
}
