// The page: who is signed in, which screen the address means, and the stay in a room.

import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { ApiFailure, titleIn, type News, type RoomSummary } from "../protocol/api";
import type { DeskPorts } from "../io/desk_ports";
import type { Backend, Devices, Meeting, OpenMeeting } from "../io/ports";
import { keep, kept } from "../io/preferences";
import type { EnterChoices } from "../protocol/meeting";
import { RETRY_SERVER_MS } from "../protocol/reconnect";
import { hashOf, type Route } from "../protocol/route";
import { areasFor, homeFor, type Area } from "../protocol/screens";
import { stepOf, type Account } from "../protocol/session";
import { languageFrom, speaker, type Language } from "../messages/speak";
import { DoorPage } from "./Doors";
import { useDoor, useLasting, useRoute } from "./hooks";
import { IdleWatch } from "./IdleWatch";
import { Recordings } from "./Recordings";
import { Ended, Room } from "./Room";
import { Rooms } from "./Rooms";
import { SecondFactor } from "./SecondFactor";
import { SignIn } from "./SignIn";
import { homeOf } from "./Top";
import { useWorld, WorldContext, type Leaving, type Network, type World } from "./world";

// A township line that only wants a room does not load the desks of administrators and supervisors.
const Admin = lazy(() => import("./desk/Admin").then((page) => ({ default: page.Admin })));
const Trace = lazy(() => import("./desk/Trace").then((page) => ({ default: page.Trace })));
const LedgerPage = lazy(() => import("./desk/LedgerPage").then((page) => ({ default: page.LedgerPage })));

interface Stay {
  meeting: Meeting;
  room: RoomSummary;
  choices: EnterChoices;
}

export function App(props: {
  backend: Backend;
  devices: Devices;
  openMeeting: OpenMeeting;
  openGuestBackend: (token: string) => Backend;
  desks: DeskPorts;
}) {
  const { backend, devices, openMeeting, openGuestBackend, desks } = props;
  const door = useDoor();
  const [leaving, setLeaving] = useState<Leaving | null>(null);
  const [language, setLanguage] = useState<Language>(() => languageFrom(kept("language")));
  const [theme, setTheme] = useState<"light" | "reading">(() => (kept("theme") === "reading" ? "reading" : "light"));
  const [hasKeys, setKeys] = useState(() => kept("keys") !== "off");
  const [account, setAccount] = useState<Account | null | "unknown">("unknown");
  const network = useNetwork(backend);
  const { polite, urgent, announce } = useAnnouncements();
  const onPush = usePushes(backend, account !== null && account !== "unknown" && stepOf(account) === "in");
  const speak = useMemo(() => speaker(language), [language]);
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
    document.documentElement.lang = language;
  }, [language]);
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

  const world: World = {
    ...desks,
    backend,
    devices,
    openMeeting,
    language,
    speak,
    setLanguage: (next) => {
      keep("language", next);
      setLanguage(next);
    },
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
  const isSignedOut = account === null || (account === "unknown" && network.is_known && !isOnline);
  return (
    <WorldContext value={world}>
      {door !== null ? (
        <DoorPage key={door.door} door={door} openGuestBackend={openGuestBackend} />
      ) : isSignedOut ? (
        <SignIn />
      ) : account === "unknown" ? null : stepOf(account) !== "in" ? (
        <SecondFactor account={account} />
      ) : (
        <SignedIn key={account.identity} account={account} openMeeting={openMeeting} language={language} />
      )}
      <div className="unseen" role="status" aria-live="polite">
        {polite}
      </div>
      <div className="unseen" role="alert" aria-live="assertive">
        {urgent}
      </div>
    </WorldContext>
  );
}

const AREA_OF: Readonly<Record<Route["screen"], Area>> = {
  rooms: "rooms",
  room: "rooms",
  recordings: "recordings",
  trace: "trace",
  ledger: "ledger",
  admin: "admin",
};

function SignedIn(props: { account: Account; openMeeting: OpenMeeting; language: Language }) {
  const { account, openMeeting, language } = props;
  const route = useRoute();
  const isOpenToThem = areasFor(account.roles).includes(AREA_OF[route.screen]);
  useEffect(() => {
    if (!isOpenToThem) location.replace(homeOf(homeFor(account.roles), account.roles));
  }, [isOpenToThem, account.roles]);
  const [stay, setStay] = useState<Stay | null>(null);
  const enter = (room: RoomSummary, choices: EnterChoices): void => {
    const meeting = openMeeting(room.room, choices);
    setStay({ meeting, room, choices });
    location.hash = hashOf({ screen: "room", room: room.room });
    void meeting.enter();
  };
  // Whatever ends the stay (another room, signing out, the address), the room is told.
  useEffect(
    () => () => {
      void stay?.meeting.leave();
    },
    [stay],
  );
  const isInRoom = route.screen === "room" && stay !== null && stay.room.room === route.room;

  // Leaving by the browser's own "back" is leaving too.
  if (stay !== null && route.screen !== "room") setStay(null);
  // The address of a room alone does not enter it: first one sees oneself.
  const strayRoom = route.screen === "room" && !isInRoom ? route.room : null;
  useEffect(() => {
    if (strayRoom !== null) location.replace(hashOf({ screen: "rooms", room: strayRoom }));
  }, [strayRoom]);

  if (isInRoom) {
    const toRooms = (): void => {
      setStay(null);
      location.hash = hashOf({ screen: "rooms", room: stay.room.room });
    };
    return (
      <>
        <IdleWatch isInRoom />
        <StayView
          stay={stay}
          title={titleIn(stay.room.title, language === "en" ? "en" : "zh")}
          onAgain={() => enter(stay.room, stay.choices)}
          onRooms={toRooms}
        />
      </>
    );
  }
  if (!isOpenToThem) return null;
  return (
    <>
      <IdleWatch isInRoom={false} />
      <Suspense fallback={<Waiting />}>
        {route.screen === "recordings" ? (
          <Recordings chosen={route.recording} />
        ) : route.screen === "trace" ? (
          <Trace section={route.section} />
        ) : route.screen === "ledger" ? (
          <LedgerPage />
        ) : route.screen === "admin" ? (
          <Admin section={route.section} />
        ) : (
          <Rooms chosen={route.room} onEnter={enter} />
        )}
      </Suspense>
    </>
  );
}

/** Said while a part of the pages is fetched, once that takes long enough to be noticed. */
function Waiting() {
  const { speak } = useWorld();
  const isSlow = useLasting(true, 400);
  return <div className="page">{isSlow && <p className="middle i2">{speak("app.loading")}</p>}</div>;
}

function StayView(props: { stay: Stay; title: string; onAgain: () => void; onRooms: () => void }) {
  const { meeting, room } = props.stay;
  const view = useSyncExternalStore(
    (onChange) => meeting.subscribe(onChange),
    () => meeting.view(),
  );
  if (view.link === "ended") {
    return <Ended view={view} title={props.title} onAgain={props.onAgain} onRooms={props.onRooms} />;
  }
  return <Room meeting={meeting} room={room} title={props.title} onLeave={props.onRooms} />;
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
