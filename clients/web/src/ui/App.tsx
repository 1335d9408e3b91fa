// The page: which screen the address means, and the stay in a room.

import { Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { titleIn, type RoomSummary } from "../protocol/api";
import type { DeskPorts } from "../io/desk_ports";
import type { Backend, Devices, Meeting, Meetings } from "../io/ports";
import type { EnterChoices } from "../protocol/meeting";
import { hashOf, type Route } from "../protocol/route";
import { areasFor, homeFor, isCalled, type Area } from "../protocol/screens";
import type { Account } from "../protocol/session";
import { DoorPage } from "./Doors";
import { useDoor, useLasting, useRoute } from "./hooks";
import { IdleWatch } from "./IdleWatch";
import { Recordings } from "./Recordings";
import { Ended, Room } from "./Room";
import { Rooms } from "./Rooms";
import { SecondFactor } from "./SecondFactor";
import { SignIn } from "./SignIn";
import { homeOf } from "./Top";
import { useWorld } from "./world";
import { later } from "./later";
import { WorldFrame } from "./WorldFrame";

// A township line that only wants a room does not load the desks of administrators and supervisors.
const Admin = later(() => import("./desk/Admin").then((page) => page.Admin));
const Trace = later(() => import("./desk/Trace").then((page) => page.Trace));
const WorkPage = later(() => import("./consult/WorkPage").then((page) => page.WorkPage));
const CasePage = later(() => import("./consult/CasePage").then((page) => page.CasePage));
const IncomingCalls = later(() => import("./consult/IncomingCalls").then((part) => part.IncomingCalls));
const EcgReportPage = later(() => import("./ecg_report/EcgReportPage").then((page) => page.EcgReportPage));
const CriticalCalls = later(() => import("./ecg_report/CriticalCalls").then((part) => part.CriticalCalls));
const LedgerPage = later(() => import("./desk/LedgerPage").then((page) => page.LedgerPage));

interface Stay {
  meeting: Meeting;
  room: RoomSummary;
  choices: EnterChoices;
}

export function App(props: {
  backend: Backend;
  devices: Devices;
  meetings: Meetings;
  openGuestBackend: (token: string) => Backend;
  desks: DeskPorts;
}) {
  const { backend, devices, meetings, openGuestBackend, desks } = props;
  const door = useDoor();
  return (
    <WorldFrame backend={backend} devices={devices} meetings={meetings} desks={desks}>
      {(entry) =>
        door !== null ? (
          <DoorPage key={door.door} door={door} openGuestBackend={openGuestBackend} />
        ) : entry.step === "sign_in" ? (
          <SignIn />
        ) : entry.step === "unknown" ? null : entry.step === "second_factor" ? (
          <SecondFactor account={entry.account} />
        ) : (
          <SignedIn key={entry.account.identity} account={entry.account} meetings={meetings} />
        )
      }
    </WorldFrame>
  );
}

const AREA_OF: Readonly<Record<Route["screen"], Area | null>> = {
  home: null,
  work: "work",
  case: "work",
  ecg: "work",
  rooms: "rooms",
  room: "rooms",
  recordings: "recordings",
  trace: "trace",
  ledger: "ledger",
  admin: "admin",
};

function SignedIn(props: { account: Account; meetings: Meetings }) {
  return (
    <>
      <Screens {...props} />
      {/* Over every page: a call does not wait until somebody looks at the work list. */}
      {isCalled(props.account.roles) && (
        <Suspense>
          <IncomingCalls />
          <CriticalCalls />
        </Suspense>
      )}
    </>
  );
}

function Screens(props: { account: Account; meetings: Meetings }) {
  const { account, meetings } = props;
  const { language } = useWorld();
  const route = useRoute();
  const area = AREA_OF[route.screen];
  const isOpenToThem = area !== null && areasFor(account.roles).includes(area);
  useEffect(() => {
    if (!isOpenToThem) location.replace(homeOf(homeFor(account.roles), account.roles));
  }, [isOpenToThem, account.roles]);
  const [stay, setStay] = useState<Stay | null>(null);
  const enter = async (room: RoomSummary, choices: EnterChoices): Promise<void> => {
    const meeting = await meetings.open(room.room, choices);
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
          onAgain={() => void enter(stay.room, stay.choices)}
          onRooms={toRooms}
        />
      </>
    );
  }
  if (!isOpenToThem) return null;
  return (
    <>
      {/* A case watches for itself: whether anybody is in its room, only it knows. */}
      {route.screen !== "case" && <IdleWatch isInRoom={false} />}
      <Suspense fallback={<Waiting />}>
        {route.screen === "recordings" ? (
          <Recordings chosen={route.recording} />
        ) : route.screen === "trace" ? (
          <Trace section={route.section} />
        ) : route.screen === "work" ? (
          <WorkPage />
        ) : route.screen === "case" ? (
          <CasePage key={route.case} id={route.case} />
        ) : route.screen === "ecg" ? (
          <EcgReportPage key={route.ecg} id={route.ecg} />
        ) : route.screen === "ledger" ? (
          <LedgerPage />
        ) : route.screen === "admin" ? (
          <Admin section={route.section} />
        ) : (
          route.screen !== "home" && <Rooms chosen={route.room} onEnter={enter} />
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
