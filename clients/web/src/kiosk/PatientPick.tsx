// Whom it is about: a card on the reader or before the camera, a search by hand, or a patient who is new here.

import { useEffect, useRef, useState, type SubmitEvent } from "react";
import type { PatientLine } from "../io/kiosk_ports";
import { hospitalClock } from "../protocol/hospital_time";
import { problemKey } from "../ui/ComputerCheck";
import { Icon } from "../ui/Icon";
import { useActing, useTitle } from "../ui/hooks";
import { useOwnStream } from "../ui/own_devices";
import { useWorld } from "../ui/world";
import { useCard, useWedge } from "./Home";
import { KioskIcon } from "./KioskIcon";
import { Bar, Choice, patientWords, Trouble } from "./pieces";
import { useKiosk } from "./reach";

export interface KnownPatient {
  line: PatientLine;
  /** When who they are was found out. */
  at_ms: number;
}

/** As many as the screen holds without scrolling; who is not among them writes more of the name. */
const SHOWN = 4;
const OLDEST_YEARS = 130;

export function PatientPick(props: { onBack: () => void; onKnown: (known: KnownPatient) => void }) {
  const { speak } = useWorld();
  useTitle(speak("kiosk.card.title"));
  const [isNew, setNew] = useState(false);
  const card = useCard(props.onKnown);
  useWedge(card.read);
  return (
    <>
      <Bar title={speak("kiosk.card.title")} onBack={isNew ? () => setNew(false) : props.onBack} />
      <main className="k-pick">
        <CardPane state={card.state} onScanned={card.read} />
        {isNew ? (
          <NewPatientForm onKnown={props.onKnown} />
        ) : (
          <Search onKnown={props.onKnown} onNew={() => setNew(true)} />
        )}
      </main>
    </>
  );
}

function CardPane(props: { state: ReturnType<typeof useCard>["state"]; onScanned: (text: string) => void }) {
  const { speak } = useWorld();
  const { scanner } = useKiosk();
  const [isScanning, setScanning] = useState(false);
  const camera = useOwnStream("camera", null, isScanning);
  const video = useRef<HTMLVideoElement>(null);
  const { stream } = camera;
  const found = useRef(props.onScanned);
  useEffect(() => {
    found.current = props.onScanned;
  });
  useEffect(() => {
    const element = video.current;
    if (element === null || stream === null) return;
    element.srcObject = stream;
    return scanner.watch(element, (text) => {
      setScanning(false);
      found.current(text);
    });
  }, [scanner, stream]);
  const words = {
    rest: speak("kiosk.card.tap"),
    reading: speak("kiosk.card.reading"),
    unreadable: speak("kiosk.card.unreadable"),
    unknown: speak("kiosk.card.notFound"),
  }[props.state];
  return (
    <section className="k-pane k-card">
      {isScanning ? (
        <video ref={video} className="k-scan" autoPlay playsInline muted aria-label={speak("kiosk.card.camera")} />
      ) : (
        <KioskIcon name="card" size={120} weight={1} />
      )}
      <p className="k-body" role="status">
        {words}
      </p>
      {camera.problem !== null && <p className="k-trouble">{speak(problemKey("camera", camera.problem))}</p>}
      {scanner.isAvailable() ? (
        <button type="button" className="k-btn" onClick={() => setScanning(!isScanning)}>
          <Icon name="cam" size={28} />
          {speak(isScanning ? "kiosk.card.cameraStop" : "kiosk.card.camera")}
        </button>
      ) : (
        <p className="i2">{speak("kiosk.card.cameraNone")}</p>
      )}
    </section>
  );
}

function Search(props: { onKnown: (known: KnownPatient) => void; onNew: () => void }) {
  const { speak } = useWorld();
  const { desk } = useKiosk();
  const [text, setText] = useState("");
  const [found, setFound] = useState<Awaited<ReturnType<typeof desk.findPatients>> | null>(null);
  const act = useActing();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted !== "") act.run(async () => setFound(await desk.findPatients(wanted)));
  };
  const shown = found?.patients.slice(0, SHOWN) ?? [];
  const isMore = found !== null && (!found.isComplete || found.patients.length > SHOWN);
  return (
    <section className="k-search">
      <form className="k-row" onSubmit={submit}>
        <label className="k-field">
          <span className="i2">{speak("kiosk.card.byHand")}</span>
          <input
            value={text}
            autoFocus
            autoComplete="off"
            maxLength={100}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <button type="submit" className="k-btn act" aria-disabled={act.isBusy || text.trim() === ""}>
          <Icon name="search" size={28} />
          {speak("kiosk.card.find")}
        </button>
      </form>
      <Trouble failure={act.failure} />
      <div className="k-list" role="status">
        {found === null ? (
          <p className="i2">{speak("kiosk.card.hint")}</p>
        ) : shown.length === 0 ? (
          <p className="k-body">{speak("kiosk.card.none")}</p>
        ) : (
          shown.map((line) => (
            <button
              key={line.id}
              type="button"
              className="k-line"
              onClick={() => props.onKnown({ line, at_ms: Date.now() })}
            >
              <b>{patientWords(line, speak)}</b>
              <span className="sp" />
              {line.card_end !== "" && (
                <span className="i2">{speak("kiosk.home.cardEnd", { end: line.card_end })}</span>
              )}
              <Icon name="right" size={24} />
            </button>
          ))
        )}
        {isMore && <p className="i2">{speak("kiosk.card.tooMany")}</p>}
      </div>
      <span className="sp" />
      <div className="k-row end">
        <button type="button" className="k-btn" onClick={props.onNew}>
          <Icon name="plus" size={28} />
          {speak("kiosk.card.new")}
        </button>
      </div>
    </section>
  );
}

const SEXES = ["male", "female", "other"] as const;

function NewPatientForm(props: { onKnown: (known: KnownPatient) => void }) {
  const { speak } = useWorld();
  const { desk } = useKiosk();
  const [name, setName] = useState("");
  const [number, setNumber] = useState("");
  const [year, setYear] = useState("");
  const [sex, setSex] = useState<PatientLine["sex"]>("unknown");
  const act = useActing();
  const thisYear = hospitalClock(new Date()).year;
  const birth = Number(year);
  const isWhole = name.trim() !== "" && /^\d{4}$/.test(year) && birth <= thisYear && birth >= thisYear - OLDEST_YEARS;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!isWhole) return;
    act.run(async () => {
      const line = await desk.notePatient({ name: name.trim(), card_number: number.trim(), sex, birth_year: birth });
      props.onKnown({ line, at_ms: Date.now() });
    });
  };
  return (
    <form className="k-search" onSubmit={submit}>
      <h2 className="k-step">{speak("kiosk.card.new")}</h2>
      <div className="k-row">
        <label className="k-field">
          <span className="i2">{speak("kiosk.card.newName")}</span>
          <input
            value={name}
            autoFocus
            autoComplete="off"
            maxLength={100}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label className="k-field narrow-field">
          <span className="i2">{speak("kiosk.card.newYear")}</span>
          <input value={year} inputMode="numeric" maxLength={4} onChange={(event) => setYear(event.target.value)} />
        </label>
      </div>
      <div className="k-row" role="group" aria-label={speak("kiosk.card.newSex")}>
        {SEXES.map((one) => (
          <Choice key={one} isOn={sex === one} onChoose={() => setSex(one)}>
            {speak(`kiosk.sex.${one}`)}
          </Choice>
        ))}
      </div>
      <label className="k-field">
        <span className="i2">{speak("kiosk.card.newCard")}</span>
        <input value={number} autoComplete="off" maxLength={60} onChange={(event) => setNumber(event.target.value)} />
      </label>
      <Trouble failure={act.failure} />
      <span className="sp" />
      <div className="k-row end">
        {!isWhole && <span className="i2">{speak("kiosk.card.newNeeds")}</span>}
        <button type="submit" className="k-btn act" aria-disabled={!isWhole || act.isBusy}>
          {speak("kiosk.card.newSave")}
        </button>
      </div>
    </form>
  );
}
