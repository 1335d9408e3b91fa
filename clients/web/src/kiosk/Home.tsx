// K1: three big buttons, whom it is about, and whether this kiosk works.

import { useEffect, useEffectEvent, useRef, useState } from "react";
import { cardNumberIn, coveredName, receiveKey, WEDGE_AT_REST } from "../protocol/card";
import type { Consultation } from "../protocol/consultation";
import { unfinished, unreadCount, type Touch } from "../protocol/kiosk_way";
import { failedParts } from "../protocol/selftest";
import { timeOfDay } from "../protocol/times";
import { useBox } from "../ui/consult/cases";
import { Icon } from "../ui/Icon";
import { useLoaded, useTitle } from "../ui/hooks";
import { LanguageSwitch } from "../ui/Top";
import { whenWords } from "../ui/words";
import { useWorld } from "../ui/world";
import { KioskIcon } from "./KioskIcon";
import { patientWords, Clock } from "./pieces";
import type { KnownPatient } from "./PatientPick";
import { useKiosk } from "./reach";

/** Slower than this, people begin to talk over each other. */
const SLOW_ROUND_TRIP_MS = 400;

/** What a scanner types anywhere on the screen. */
export function useWedge(onCard: (typed: string) => void): void {
  const wedge = useRef(WEDGE_AT_REST);
  const press = useEffectEvent((event: KeyboardEvent) => {
    const { wedge: after, typed } = receiveKey(wedge.current, event.key, event.timeStamp);
    wedge.current = after;
    if (typed === null) return;
    // The scanner's Enter must not also press the button that has the focus.
    event.preventDefault();
    event.stopPropagation();
    onCard(typed);
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => press(event);
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, []);
}

type CardState = "rest" | "reading" | "unreadable" | "unknown";

/** Finds the patient of a card that was scanned. */
export function useCard(onKnown: (known: KnownPatient) => void): { state: CardState; read: (scanned: string) => void } {
  const { desk } = useKiosk();
  const [state, setState] = useState<CardState>("rest");
  const read = (scanned: string): void => {
    const number = cardNumberIn(scanned);
    if (number === null) {
      setState("unreadable");
      return;
    }
    setState("reading");
    desk.findPatients(number).then(
      ({ patients }) => {
        // A whole card number finds one patient; several are a part of a number or a name, and no identity.
        const [line] = patients;
        if (line === undefined || patients.length > 1) setState("unknown");
        else {
          setState("rest");
          onKnown({ line, at_ms: Date.now() });
        }
      },
      () => setState("unreadable"),
    );
  };
  return { state, read };
}

export function Home(props: {
  patient: KnownPatient | null;
  onPatient: (known: KnownPatient) => void;
  onTouch: (touch: Touch) => void;
  onForget: () => void;
  onOpen: (one: Consultation) => void;
  onEmergency: () => void;
}) {
  const { account, backend, network, signedOut, speak, language } = useWorld();
  const { voice, prepareCall } = useKiosk();
  useTitle(speak("kiosk.title"));
  useEffect(() => prepareCall(), [prepareCall]);
  const mine = useBox("mine");
  const card = useCard(props.onPatient);
  useWedge(card.read);
  const [isAsked, setAsked] = useState(false);
  const open = unfinished(mine.value ?? []);
  const unread = unreadCount(mine.value ?? []);
  const isOffline = network.is_known && network.round_trip_ms === null;
  const ask = (): void => {
    if (props.patient !== null) props.onTouch("ask");
    else setAsked(true);
  };
  const leave = (): void => {
    backend
      .signOut()
      .catch(() => undefined)
      .finally(() => signedOut("left"));
  };
  return (
    <>
      <header className="k-bar">
        <span className="brand k-brand" lang="zh-CN">
          {speak("brand")}
        </span>
        <span className="i2 clip">
          {account?.institution_name === "" ? account.place : account?.institution_name} · {account?.name}
        </span>
        <span className="sp" />
        <NetworkSign />
        <span className="k-lang">
          <LanguageSwitch />
        </span>
        <button type="button" className="k-btn slim quiet" onClick={leave}>
          {speak("kiosk.home.signOut")}
        </button>
        <Clock />
      </header>
      {isOffline && (
        <p className="ladder l5 k-offline" role="alert">
          {speak("kiosk.home.offline")}
        </p>
      )}
      {open !== null && (
        <div className="k-strip" role="status">
          <b className="clip">
            {speak("kiosk.home.unfinished", {
              name: coveredName(open.patient.name),
              state: speak(`case.word.state.${open.state}`),
            })}
          </b>
          <span className="sp" />
          <button type="button" className="k-btn act slim" onClick={() => props.onOpen(open)}>
            {speak("kiosk.home.comeBack")}
          </button>
        </div>
      )}
      <main className="k-home">
        <div className="k-home-left">
          <button type="button" className="k-tile act" onClick={ask}>
            <Icon name="enter" size={92} weight={1.2} />
            <span>
              <b>{speak("kiosk.home.ask")}</b>
              <span className="k-tile-more">{speak("kiosk.home.askMore")}</span>
            </span>
          </button>
          <button type="button" className="k-tile" onClick={() => props.onTouch("ecg")}>
            <KioskIcon name="ecg" size={92} weight={1.2} />
            <span>
              <b>{speak("kiosk.home.ecg")}</b>
              <span className="k-tile-more">{speak("kiosk.home.ecgMore")}</span>
            </span>
          </button>
        </div>
        <button type="button" className="k-tile crit" onClick={props.onEmergency}>
          <KioskIcon name="amb" size={104} weight={1.2} />
          <span>
            <b>{speak("kiosk.home.emergency")}</b>
            <span className="k-tile-more">
              {speak("kiosk.home.emergencyMore")}
              <br />
              {speak("kiosk.home.emergencyHow")}
            </span>
          </span>
        </button>
      </main>
      <section className={isAsked && props.patient === null ? "k-patient wanted" : "k-patient"}>
        <KioskIcon name="card" size={44} />
        <PatientSign patient={props.patient} state={card.state} isAsked={isAsked} />
        <span className="sp" />
        <button type="button" className="k-btn" onClick={() => props.onTouch("choose_patient")}>
          {speak(props.patient === null ? "kiosk.home.pick" : "kiosk.home.change")}
        </button>
        {voice.canSpeak(language) && (
          <button
            type="button"
            className="k-btn"
            onClick={() => voice.speak(speak("kiosk.home.listenSpeech"), language, () => undefined)}
          >
            {speak("kiosk.home.listen")}
          </button>
        )}
        <button type="button" className="k-btn strong" onClick={() => props.onTouch("replies")}>
          {speak("kiosk.home.replies")}
          {unread > 0 && <span className="k-tag warn">{speak("kiosk.home.unread", { count: unread })}</span>}
        </button>
      </section>
      <footer className="k-foot">
        <OnDuty />
        <span className="sp" />
        <SelfTestSign onTest={() => props.onTouch("test")} />
      </footer>
    </>
  );
}

function NetworkSign() {
  const { network, speak } = useWorld();
  if (!network.is_known) return null;
  const ms = network.round_trip_ms;
  if (ms === null) {
    return (
      <span className="k-sign">
        <span className="chip-hatch" aria-hidden="true" />
        <b>{speak("kiosk.net.off")}</b>
      </span>
    );
  }
  const isSlow = ms > SLOW_ROUND_TRIP_MS;
  return (
    <span className={isSlow ? "k-sign warn" : "k-sign ok"}>
      {isSlow ? <span className="tri" aria-hidden="true" /> : <Icon name="check" size={20} weight={2.4} />}
      <b>{isSlow ? speak("kiosk.net.slow", { ms: Math.round(ms) }) : speak("kiosk.net.good")}</b>
    </span>
  );
}

function PatientSign(props: { patient: KnownPatient | null; state: CardState; isAsked: boolean }) {
  const { speak } = useWorld();
  const { patient, state } = props;
  const trouble =
    state === "reading"
      ? speak("kiosk.card.reading")
      : state === "unreadable"
        ? speak("kiosk.card.unreadable")
        : state === "unknown"
          ? speak("kiosk.card.notFound")
          : null;
  if (patient === null) {
    return (
      <div className="k-who">
        <b>{trouble ?? speak(props.isAsked ? "kiosk.home.needPatient" : "kiosk.home.choose")}</b>
        <span className="i2">{speak("kiosk.home.chooseMore")}</span>
      </div>
    );
  }
  const { line } = patient;
  const words = patientWords({ ...line, name: coveredName(line.name) }, speak);
  const end = line.card_end === "" ? "" : speak("kiosk.home.cardEnd", { end: line.card_end });
  return (
    <div className="k-who">
      <b>{words}</b>
      <span className="i2">
        {trouble ?? speak("kiosk.home.known", { time: timeOfDay(new Date(patient.at_ms), false) })}
        {end !== "" && `\u3000${end}`}
      </span>
    </div>
  );
}

/** Who would answer now: the first specialty that has somebody. */
function OnDuty() {
  const { consultations, language, speak } = useWorld();
  const directory = useLoaded("directory", () => consultations.directory());
  if (directory.failure !== null && directory.value === null) {
    return <span className="i2">{speak("kiosk.home.directoryFailed")}</span>;
  }
  if (directory.value === null) return null;
  const staffed = directory.value.filter((one) => one.on_duty.length > 0).slice(0, 3);
  if (staffed.length === 0) return <span className="i2">{speak("kiosk.home.nobodyOnDuty")}</span>;
  return (
    <>
      {staffed.map((one) => (
        <span key={`${one.institution} ${one.code}`} className="nb">
          {speak("kiosk.home.onDuty", { specialty: one.name[language === "en" ? "en" : "zh"] })}{" "}
          <b>{one.on_duty[0]?.name}</b>
        </span>
      ))}
    </>
  );
}

function SelfTestSign({ onTest }: { onTest: () => void }) {
  const { speak } = useWorld();
  const { desk } = useKiosk();
  const test = useLoaded("selftest", () => desk.lastSelfTest());
  const last = test.value?.last ?? null;
  const words =
    last === null
      ? speak("kiosk.home.selftestNone")
      : last.is_ok
        ? speak("kiosk.home.selftestOk", { when: whenWords(new Date(last.at_ms), speak) })
        : speak("kiosk.home.selftestFailed", {
            parts: failedParts(last)
              .map((part) => speak(`kiosk.part.${part}`))
              .join(speak("app.listComma")),
          });
  return (
    <button type="button" className={`k-foot-act ${last === null ? "" : last.is_ok ? "ok" : "warn"}`} onClick={onTest}>
      {last === null ? (
        <span className="ring-mark" aria-hidden="true" />
      ) : last.is_ok ? (
        <Icon name="check" size={20} weight={2.4} />
      ) : (
        <span className="tri" aria-hidden="true" />
      )}
      {words}
    </button>
  );
}
