// What stands around every page: who is signed in, the network, the events socket, language and brightness.

import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { ApiFailure, type News } from "../protocol/api";
import type { DeskPorts } from "../io/desk_ports";
import type { Backend, Devices, Meetings } from "../io/ports";
import { keep, kept } from "../io/preferences";
import { RETRY_SERVER_MS } from "../protocol/reconnect";
import { stepOf, type Account } from "../protocol/session";
import { useLanguage } from "./language";
import { WorldContext, type Leaving, type Network, type World } from "./world";

/** How far the caller has come; "unknown" until the service has said whether somebody is signed in. */
export type Entry =
  | { step: "unknown" }
  | { step: "sign_in" }
  | { step: "second_factor"; account: Account }
  | { step: "in"; account: Account };

export function WorldFrame(props: {
  backend: Backend;
  devices: Devices;
  meetings: Meetings;
  desks: DeskPorts;
  children: (entry: Entry) => ReactNode;
}) {
  const { backend, devices, meetings, desks } = props;
  const [leaving, setLeaving] = useState<Leaving | null>(null);
  const { spoken, setLanguage } = useLanguage();
  const [theme, setTheme] = useState<"light" | "reading">(() => (kept("theme") === "reading" ? "reading" : "light"));
  const [hasKeys, setKeys] = useState(() => kept("keys") !== "off");
  const [account, setAccount] = useState<Account | null | "unknown">("unknown");
  const network = useNetwork(backend);
  const { polite, urgent, announce } = useAnnouncements();
  const onPush = usePushes(backend, account !== null && account !== "unknown" && stepOf(account) === "in");
  const signedOut = useCallback((why: Leaving) => {
    // Whoever finds that nobody is signed in, when nobody was, has nothing to say about it.
    setAccount((before) => {
      if (before !== null && before !== "unknown") setLeaving(why);
      return null;
    });
  }, []);
  const signedIn = useCallback((one: Account) => {
    setLeaving(null);
    setAccount(one);
  }, []);

  useEffect(() => {
    document.documentElement.dataset["theme"] = theme;
  }, [theme]);

  const isOnline = network.round_trip_ms !== null;
  useEffect(() => {
    if (account !== "unknown") return;
    let isWanted = true;
    backend.session().then(
      (one) => {
        if (isWanted) setAccount(one);
      },
      (error: unknown) => {
        // Without an answer one cannot know: the sign-in page then says that the service is away, and asks again.
        const isAnswer = !(error instanceof ApiFailure && error.isOffline);
        if (isWanted && isAnswer) setAccount(null);
      },
    );
    return () => {
      isWanted = false;
    };
  }, [backend, account, isOnline]);

  // Who is signed in is asked meanwhile.
  if (spoken === null) return null;
  const world: World = {
    ...desks,
    ...spoken,
    backend,
    devices,
    meetings,
    setLanguage,
    theme,
    setTheme: (next) => {
      keep("theme", next);
      setTheme(next);
    },
    hasKeys,
    setKeys: (next) => {
      keep("keys", next ? null : "off");
      setKeys(next);
    },
    network,
    account: account === "unknown" ? null : account,
    signedIn,
    signedOut,
    leaving,
    onPush,
    announce,
  };
  return (
    <WorldContext value={world}>
      {props.children(entryOf(account, network.is_known && !isOnline))}
      <div className="unseen" role="status" aria-live="polite">
        {polite}
      </div>
      <div className="unseen" role="alert" aria-live="assertive">
        {urgent}
      </div>
    </WorldContext>
  );
}

function entryOf(account: Account | null | "unknown", isAway: boolean): Entry {
  // A service that does not answer shows the sign-in page, which says so.
  if (account === "unknown") return { step: isAway ? "sign_in" : "unknown" };
  if (account === null) return { step: "sign_in" };
  return { step: stepOf(account) === "in" ? "in" : "second_factor", account };
}

/** Asks the service for a sign of life, and says when it will be asked again. */
function useNetwork(backend: Backend): Network {
  const [state, setState] = useState<Omit<Network, "tryNow">>({
    round_trip_ms: null,
    is_known: false,
    tries: 0,
    next_try_at_ms: 0,
    last_good_at_ms: null,
  });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isWanted = true;
    let timer: number | undefined;
    const ask = async (): Promise<void> => {
      const round_trip_ms = await backend.roundTrip().catch(() => null);
      if (!isWanted) return;
      const now_ms = Date.now();
      setState((before) => ({
        round_trip_ms,
        is_known: true,
        tries: round_trip_ms === null ? before.tries + 1 : 0,
        next_try_at_ms: now_ms + RETRY_SERVER_MS,
        last_good_at_ms: round_trip_ms === null ? before.last_good_at_ms : now_ms,
      }));
      timer = window.setTimeout(() => void ask(), RETRY_SERVER_MS);
    };
    void ask();
    const again = (): void => setRound((n) => n + 1);
    window.addEventListener("online", again);
    window.addEventListener("offline", again);
    return () => {
      isWanted = false;
      window.clearTimeout(timer);
      window.removeEventListener("online", again);
      window.removeEventListener("offline", again);
    };
  }, [backend, round]);
  const tryNow = useCallback(() => setRound((n) => n + 1), []);
  return { ...state, tryNow };
}

/** One events socket for the page while someone is signed in; screens listen to it. */
function usePushes(backend: Backend, isSignedIn: boolean): World["onPush"] {
  const listeners = useRef(new Set<(news: News) => void>());
  useEffect(() => {
    if (!isSignedIn) return;
    const tell = (news: News): void => {
      for (const listener of listeners.current) listener(news);
    };
    // A socket that opens (again) has missed what happened before: everyone reads anew.
    return backend.watch(tell, (isOpen) => {
      if (isOpen) tell({ type: "reopened" });
    });
  }, [backend, isSignedIn]);
  return useCallback((listener) => {
    const all = listeners.current;
    all.add(listener);
    return () => all.delete(listener);
  }, []);
}

function useAnnouncements() {
  const [polite, setPolite] = useState("");
  const [urgent, setUrgent] = useState("");
  const announce = useCallback((sentence: string, isUrgent = false) => {
    (isUrgent ? setUrgent : setPolite)(sentence);
  }, []);
  return { polite, urgent, announce };
}
