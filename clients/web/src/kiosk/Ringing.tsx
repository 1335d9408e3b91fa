// K4: the relay with its countdown while the duty line is called, and what to do when nobody answers.

import { useEffect, useState } from "react";
import { may, type Consultation } from "../protocol/consultation";
import { relayOf, type Relay, type Station } from "../protocol/relay";
import { waitMinutes } from "../protocol/intake";
import type { Speak } from "../messages/speak";
import { Icon } from "../ui/Icon";
import { useActing, useLoaded, useNow, useTitle } from "../ui/hooks";
import { useKeptDevice, useLevel, useOwnStream } from "../ui/own_devices";
import { LevelMeter } from "../ui/pieces";
import { whenWords } from "../ui/words";
import { useWorld } from "../ui/world";
import { OwnPreview } from "./OwnPreview";
import { KioskIcon } from "./KioskIcon";
import { Clock, Choice, patientWords, Sheet, Trouble } from "./pieces";
import { useKiosk } from "./reach";

/** What the service takes (signaling/api/consultation_models.py), without "other": that asks for a note. */
const CANCEL_REASONS = ["resolved", "patient_left", "referred", "mistake", "technical"] as const;

export function Ringing(props: {
  one: Consultation;
  isStale: boolean;
  onCase: (one: Consultation) => void;
  onHome: () => void;
  onEmergency: () => void;
}) {
  const { consultations, language, speak } = useWorld();
  const { voice } = useKiosk();
  const { one } = props;
  useTitle(speak("kiosk.ring.title"));
  const now_ms = useNow(250);
  const directory = useLoaded("directory", () => consultations.directory());
  const place = directory.value?.find(
    (each) => each.code === one.specialty && each.institution === one.invited.institution,
  );
  const relay = relayOf(one, place?.on_duty ?? [], now_ms);
  const specialty = one.specialty_name[language === "en" ? "en" : "zh"];
  const phone = one.ring?.duty_phone === "" || one.ring === null ? (place?.duty_phone ?? "") : one.ring.duty_phone;
  const [isCancelling, setCancelling] = useState(false);
  const act = useActing();
  const hasEnded = one.state === "timed_out" || one.state === "declined";
  const isRinging = one.state === "ringing";

  const invitedName = one.invited.institution_name;
  useEffect(() => {
    if (isRinging)
      voice.speak(speak("kiosk.ring.speech", { place: invitedName, specialty }), language, () => undefined);
    return () => voice.hush();
  }, [voice, isRinging, invitedName, specialty, language, speak]);

  const ringing = relay?.ringing ?? [];
  return (
    <>
      <header className="k-bar">
        <h1 className="k-title">{speak(one.state === "invited" ? "kiosk.ring.queued" : "kiosk.ring.title")}</h1>
        <span className="i2 clip">
          {patientWords(one.patient, speak)}　{one.reason}
        </span>
        {one.urgency !== "routine" && <span className="k-tag warn">{speak(`case.word.urgency.${one.urgency}`)}</span>}
        <span className="sp" />
        <Clock />
      </header>
      {props.isStale && (
        <p className="ladder l5 k-offline" role="alert">
          {speak("kiosk.ring.link")} {phone}
        </p>
      )}
      <main className="k-ring">
        <section>
          {hasEnded ? (
            <NoAnswer one={one} phone={phone} />
          ) : (
            <div className="k-ring-head">
              <div className="k-ring-who">
                <p className="i2">
                  {one.invited.institution_name} {specialty}
                </p>
                <p className="k-huge">
                  {one.state === "invited" ? (
                    <QueueWords one={one} />
                  ) : ringing.length === 0 ? (
                    speak("kiosk.ring.noneLeft")
                  ) : (
                    ringing.slice(0, 2).join(speak("app.listComma"))
                  )}
                </p>
                {isRinging && ringing.length > 0 && <p className="k-ring-state">{speak("kiosk.ring.ringing")}</p>}
                {one.state === "invited" && <p className="k-body">{speak("kiosk.ring.queuedMore")}</p>}
              </div>
              {relay !== null && (
                <div className="k-ring-count" role="timer">
                  <span className="i2">{speak("kiosk.ring.waited")}</span>
                  <b>
                    {relay.waited_s}
                    <small> {speak("kiosk.words.seconds")}</small>
                  </b>
                </div>
              )}
            </div>
          )}
          {relay !== null && isRinging && <RelayLine relay={relay} phone={one.ring?.duty_phone ?? ""} />}
          {relay?.refusal != null && (
            <p className="k-refusal" role="status">
              <span className="tri" aria-hidden="true" />
              {refusalWords(relay.refusal, speak)}
            </p>
          )}
          <div className="k-pane k-prepare">
            <Icon name="sound" size={32} />
            <p>
              {speak("kiosk.ring.prepare")}
              <br />
              <b>{speak("kiosk.ring.report")}</b>
            </p>
          </div>
        </section>
        <OwnSide one={one} />
      </main>
      <div className="k-acts">
        {may(one, "cancel") && (
          <button type="button" className="k-btn" onClick={() => setCancelling(true)}>
            {speak("kiosk.ring.cancel")}
          </button>
        )}
        {!isRinging && (
          <button type="button" className="k-btn" onClick={props.onHome}>
            {speak("kiosk.call.home")}
          </button>
        )}
        <Trouble failure={act.failure} />
        <span className="sp" />
        {hasEnded && may(one, "recall") && (
          <button
            type="button"
            className="k-btn act"
            aria-disabled={act.isBusy}
            onClick={() => act.run(async () => props.onCase(await consultations.recall(one.id)))}
          >
            <Icon name="retry" size={28} />
            {speak("kiosk.ring.again")}
          </button>
        )}
        <button type="button" className="k-btn crit" onClick={props.onEmergency}>
          <KioskIcon name="amb" size={32} />
          {speak("kiosk.ring.worse")}
        </button>
      </div>
      {isCancelling && (
        <Sheet title={speak("kiosk.cancel.title")} onClose={() => setCancelling(false)}>
          <div className="k-grid k-three">
            {CANCEL_REASONS.map((reason) => (
              <Choice
                key={reason}
                isOn={false}
                onChoose={() => {
                  setCancelling(false);
                  act.run(async () => props.onCase(await consultations.cancel(one.id, reason, "")));
                }}
              >
                {speak(`kiosk.cancel.${reason}`)}
              </Choice>
            ))}
          </div>
        </Sheet>
      )}
    </>
  );
}

function QueueWords({ one }: { one: Consultation }) {
  const { speak } = useWorld();
  if (one.wanted_at_ms !== null) {
    return speak("kiosk.ring.booked", { time: whenWords(new Date(one.wanted_at_ms), speak) });
  }
  const { queue } = one;
  if (queue === null) return speak("kiosk.ring.queued");
  return (
    <>
      {speak("kiosk.ring.place", { count: Math.max(0, queue.place - 1) })}
      {queue.expected_wait_s !== null && (
        <small className="k-ring-wait">
          {speak("kiosk.ring.wait", { minutes: waitMinutes(queue.expected_wait_s) })}
        </small>
      )}
    </>
  );
}

function NoAnswer({ one, phone }: { one: Consultation; phone: string }) {
  const { speak } = useWorld();
  const isOut = one.state === "timed_out";
  return (
    <div className="k-noanswer" role="alert">
      <h2 className="k-big">{speak(isOut ? "kiosk.ring.timedOut" : "kiosk.ring.declined")}</h2>
      {isOut && <p className="k-body">{speak("kiosk.ring.timedOutMore")}</p>}
      <p className="k-number-line">
        <KioskIcon name="phone" size={40} />
        {speak("kiosk.ring.step.duty_phone")}
        <b>{phone === "" ? speak("kiosk.ring.phoneNone") : phone}</b>
      </p>
    </div>
  );
}

function refusalWords(refusal: NonNullable<Relay["refusal"]>, speak: Speak): string {
  if (refusal.isPassed) return speak("kiosk.ring.passed", { name: refusal.name });
  const reason = speak(speak.keyOr(`case.word.decline.${refusal.reason}`, "case.word.decline.other"));
  return speak("kiosk.ring.refused", { name: refusal.name, reason });
}

function stationWords(station: Station, phone: string, speak: Speak): string {
  const { step, state } = station;
  if (step === "duty_phone" && state === "now") {
    return phone === "" ? speak("kiosk.ring.phoneNone") : speak("kiosk.ring.phoneNow", { phone });
  }
  if (state === "past") return speak("kiosk.ring.station.past");
  if (state === "now") return speak("kiosk.ring.station.now");
  if (step === "procedure") return speak("kiosk.ring.procedureAt", { seconds: station.after_s });
  return speak(step === "duty_phone" ? "kiosk.ring.phoneIn" : "kiosk.ring.joins", { seconds: station.in_s ?? 0 });
}

function RelayLine({ relay, phone }: { relay: Relay; phone: string }) {
  const { speak } = useWorld();
  const width = `${(100 * relay.now_at).toFixed(1)}%`;
  return (
    <div className="k-relay">
      <div className="k-track" aria-hidden="true">
        <i style={{ width }} />
        <span className="k-now" style={{ left: width }}>
          {speak("kiosk.ring.now")}
        </span>
      </div>
      <ol className="k-stations">
        {relay.stations.map((station) => (
          <li
            key={station.step}
            className={`k-station ${station.state}`}
            style={station.at < 1 ? { left: `${100 * station.at}%` } : { right: 0 }}
          >
            <b>
              {station.step === "duty_phone" || station.step === "procedure" || station.names.length === 0
                ? speak(`kiosk.ring.step.${station.step}`)
                : station.step === "first_line"
                  ? station.names.slice(0, 2).join(speak("app.listComma"))
                  : `${speak("kiosk.ring.step.second_line")} ${station.names.slice(0, 1).join("")}`}
            </b>
            <span>{stationWords(station, phone, speak)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** The own picture as the doctor will see it, and what is ready. */
function OwnSide({ one }: { one: Consultation }) {
  const { speak } = useWorld();
  const [cameraId] = useKeptDevice("camera");
  const [microphoneId] = useKeptDevice("microphone");
  const camera = useOwnStream("camera", cameraId, true);
  const microphone = useOwnStream("microphone", microphoneId, true);
  const bars = useLevel(microphone.stream);
  const yes = one.consents.filter(({ state }) => state === "granted" || state === "emergency").length;
  const no = one.consents.filter(({ state }) => state === "declined" || state === "withdrawn").length;
  return (
    <aside className="k-own">
      <OwnPreview own={camera} caption={speak("kiosk.ring.preview")} />
      <div className="k-check">
        <Icon name="cam" size={26} />
        {speak("kiosk.ring.camera")}
        <span className="sp" />
        <b className={camera.stream === null ? "i3" : "ok"}>
          {camera.stream === null ? speak("kiosk.result.missing") : speak("kiosk.ring.cameraOk")}
        </b>
      </div>
      <div className="k-check">
        <Icon name="mic" size={26} />
        {speak("kiosk.ring.microphone")}
        <span className="sp" />
        {microphone.stream === null ? (
          <b className="i3">{speak("kiosk.result.missing")}</b>
        ) : (
          <LevelMeter bars={bars} />
        )}
      </div>
      <div className="k-check">
        <KioskIcon name="pen" size={26} />
        {speak("kiosk.ring.consents")}
        <span className="sp" />
        <b>{speak("kiosk.ring.consentCount", { yes, no })}</b>
      </div>
    </aside>
  );
}
