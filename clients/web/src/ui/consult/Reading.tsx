// The middle of the page: what is read. The ECG, the record, an attachment large, a still to draw upon, or a screen.

import { Suspense, useCallback, useEffect, useMemo, useState } from "react";
import type { HearFrames } from "../../io/ecg_ports";
import type { Meeting } from "../../io/ports";
import { may, type CaseAttachment, type Consultation } from "../../protocol/consultation";
import { ecgToShow, type Ecg } from "../../protocol/ecg";
import type { StripMark } from "../../protocol/ecg_report";
import type { MeetingView } from "../../protocol/meeting";
import { timeOfDay } from "../../protocol/times";
import type { EcgReport } from "../../protocol/truth";
import { useCaseEcgs } from "../ecg/live";
import { useLoaded, type Loaded } from "../hooks";
import { Icon } from "../Icon";
import { Stage } from "../Tiles";
import { failureWords } from "../words";
import { useWorld } from "../world";
import { Annotate } from "./Annotate";
import { AttachButton } from "./AttachButton";
import { useCaseNews } from "./cases";
import { ConsentWords } from "./ConsentWords";
import type { Stills } from "./stills";
import { later } from "../later";
import { atWords, wantedWords } from "./words";

// What draws is fetched when there is something to draw.
const EcgPane = later(() => import("../ecg/EcgPane").then((pane) => pane.EcgPane));

type Open = { kind: "ecg" } | { kind: "record" } | { kind: "attachment"; id: string } | { kind: "screen" };

export interface ReadingHandle {
  open: Open;
  show: (open: Open) => void;
  attachments: Loaded<CaseAttachment[]>;
  /** The ECG of the case that is shown; null while there is none. */
  ecg: Ecg | null;
  /** Who shares a screen now. */
  sharer: string | null;
}

/** What stands in the middle; an ECG that begins and a screen that somebody shares come there by themselves. */
export function useReading(one: Consultation, view: MeetingView | null): ReadingHandle {
  const { consultations } = useWorld();
  const attachments = useLoaded(`attachments ${one.id}`, () => consultations.attachments(one.id));
  useCaseNews(one.id, attachments.reload, { of: "attachment" });
  const [open, setOpen] = useState<Open>({ kind: "record" });
  const sharer =
    view?.people.find((person) => !person.is_self && person.screen !== null && person.screen.state !== "off")
      ?.identity ?? null;
  const ecg = ecgToShow(useCaseEcgs(one.id).ecgs);
  const [seenEcg, setSeenEcg] = useState<string | null>(null);
  if (ecg !== null && seenEcg !== ecg.id) {
    setSeenEcg(ecg.id);
    setOpen({ kind: "ecg" });
  }
  const [seenSharer, setSeenSharer] = useState<string | null>(null);
  if (seenSharer !== sharer) {
    setSeenSharer(sharer);
    if (sharer !== null) setOpen({ kind: "screen" });
    else if (open.kind === "screen") setOpen(ecg === null ? { kind: "record" } : { kind: "ecg" });
  }
  return { open, show: setOpen, attachments, ecg, sharer };
}

export function Reading(props: {
  one: Consultation;
  meeting: Meeting | null;
  view: MeetingView | null;
  reading: ReadingHandle;
  stills: Stills;
  /** The reader has marked a strip of the ECG for its report. */
  onMark: (strip: StripMark) => void;
}) {
  const { one, meeting, view, reading } = props;
  const { speak } = useWorld();
  const { open, sharer, ecg } = reading;
  const chosen =
    open.kind === "attachment" ? (reading.attachments.value?.find((each) => each.id === open.id) ?? null) : null;
  const shownScreen = open.kind === "screen" && meeting !== null && view !== null && sharer !== null ? sharer : null;
  const base = ecg === null ? "record" : "ecg";
  useEffect(() => {
    if (open.kind === base) return;
    const back = (event: KeyboardEvent): void => {
      const target = event.target instanceof Element ? event.target : null;
      if (event.key === "Escape" && target?.closest("dialog, input, textarea, .call") == null)
        reading.show({ kind: base });
    };
    window.addEventListener("keydown", back);
    return () => window.removeEventListener("keydown", back);
  });
  const isRecord = open.kind !== "ecg" && chosen === null && shownScreen === null;
  const choices = (
    <div className="seg" role="group" aria-label={speak("s2.reading")}>
      {ecg !== null && (
        <button
          type="button"
          className={open.kind === "ecg" ? "on" : ""}
          aria-pressed={open.kind === "ecg"}
          onClick={() => reading.show({ kind: "ecg" })}
        >
          {speak("ecg.title")}
        </button>
      )}
      <button
        type="button"
        className={isRecord ? "on" : ""}
        aria-pressed={isRecord}
        onClick={() => reading.show({ kind: "record" })}
      >
        {speak("s2.record")}
      </button>
      {sharer !== null && (
        <button
          type="button"
          className={shownScreen !== null ? "on" : ""}
          aria-pressed={shownScreen !== null}
          onClick={() => reading.show({ kind: "screen" })}
        >
          {speak("s2.screen")}
        </button>
      )}
      {chosen !== null && (
        <button type="button" className="on" aria-pressed="true">
          {speak(`case.word.kind.${chosen.kind}`)}
        </button>
      )}
    </div>
  );
  // Named once: the pane asks it at every repaint.
  const frames = useCallback(() => meeting?.shownFrames() ?? [], [meeting]);
  const room = useMemo<HearFrames | undefined>(
    () => (meeting === null ? undefined : (topic, listener) => meeting.onSent(topic, listener)),
    [meeting],
  );
  const onSight = useCallback((seen: EcgReport | null) => meeting?.setEcg(seen), [meeting]);
  if (open.kind === "ecg" && ecg !== null) {
    return (
      <Suspense fallback={<div className="row wrap case-main-head">{choices}</div>}>
        <EcgPane
          key={ecg.id}
          id={ecg.id}
          lead={choices}
          frames={frames}
          onMark={props.onMark}
          room={room}
          onSight={onSight}
        />
      </Suspense>
    );
  }
  return (
    <>
      <div className="row wrap case-main-head">
        {choices}
        <span className="sp" />
        {may(one, "write") && <AttachButton one={one} onDone={reading.attachments.reload} />}
      </div>
      {shownScreen !== null && meeting !== null && view !== null ? (
        <Screen meeting={meeting} view={view} identity={shownScreen} />
      ) : chosen !== null ? (
        <Viewer
          key={chosen.id}
          one={one}
          attachment={chosen}
          onSent={(id) => {
            reading.attachments.reload();
            reading.show({ kind: "attachment", id });
          }}
        />
      ) : (
        <Record one={one} reading={reading} />
      )}
    </>
  );
}

function Screen({ meeting, view, identity }: { meeting: Meeting; view: MeetingView; identity: string }) {
  useEffect(() => {
    meeting.setStage({ identity, source: "screen" });
    return () => meeting.setStage(null);
  }, [meeting, identity]);
  return (
    <div className="case-screen">
      <Stage
        meeting={meeting}
        people={view.people}
        stage={{ identity, source: "screen" }}
        isLinkLost={view.link === "reconnecting"}
        isPicked={false}
        onFollow={() => undefined}
        onInvite={() => undefined}
      />
    </div>
  );
}

function Record({ one, reading }: { one: Consultation; reading: ReadingHandle }) {
  const { speak, language } = useWorld();
  const { attachments } = reading;
  return (
    <div className="record">
      <h2 className="record-reason">{one.reason}</h2>
      <dl className="call-facts">
        <dt>{speak("s1.purpose")}</dt>
        <dd>{one.purpose}</dd>
        <dt>{speak("s1.summary")}</dt>
        <dd className="record-summary">{one.summary}</dd>
        <dt>{speak("s1.from")}</dt>
        <dd>
          <b>{one.inviting.person_name}</b> {one.inviting.title}
          {"\u3000"}
          {one.inviting.institution_name}
        </dd>
        <dt>{speak("s1.wanted")}</dt>
        <dd>{wantedWords(one, speak, language)}</dd>
        {one.wanted_at_ms !== null && (
          <>
            <dt>{speak("s2.wantedAt")}</dt>
            <dd>{atWords(one.wanted_at_ms, speak)}</dd>
          </>
        )}
        <dt>{speak("s1.consents")}</dt>
        <dd>
          <ConsentWords consents={one.consents} />
        </dd>
      </dl>
      <section aria-label={speak("s2.attachments")}>
        <div className="row record-head">
          <h3>{speak("s2.attachments")}</h3>
          <span className="i3">
            {attachments.value?.length === 0 ? speak("s2.attachments.none") : (attachments.value?.length ?? "")}
          </span>
        </div>
        {attachments.failure !== null && attachments.value === null && (
          <p className="refusal">
            <span className="tri" aria-hidden="true" />
            {failureWords(attachments.failure, speak)}
          </p>
        )}
        <ul className="attachments">
          {attachments.value?.map((each) => (
            <li key={each.id}>
              <button
                type="button"
                className="btn attachment"
                onClick={() => reading.show({ kind: "attachment", id: each.id })}
              >
                <Icon name={each.kind === "document" || each.kind === "consent_signature" ? "file" : "camera"} />
                <span className="clip">
                  <b>{speak(`case.word.kind.${each.kind}`)}</b>
                  <span className="i2 clip">
                    {/* A name that somebody gave says something; that of a still or a signature is a number. */}
                    {each.kind === "document" ? `${each.name}\u3000` : ""}
                    {each.person_name} {timeOfDay(new Date(each.at_ms), false)}
                  </span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

const isPicture = (media_type: string): boolean => media_type === "image/jpeg" || media_type === "image/png";

/** The bytes of an attachment as an address of this page, given back when it is no longer shown. */
function useContent(one: Consultation, attachment: CaseAttachment) {
  const { consultations } = useWorld();
  const loaded = useLoaded(`content ${attachment.id}`, () => consultations.content(one.id, attachment.id));
  const [address, setAddress] = useState<string | null>(null);
  const blob = loaded.value;
  useEffect(() => {
    if (blob === null) return;
    const made = URL.createObjectURL(blob);
    // The address belongs to the blob that has just come; there is none before.
    setAddress(made); // eslint-disable-line react-hooks/set-state-in-effect
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return { ...loaded, address: blob === null ? null : address };
}

/** A plain text as text: the pages' content security policy frames nothing. */
function TextOf({ blob, name }: { blob: Blob; name: string }) {
  const [text, setText] = useState("");
  useEffect(() => {
    let isWanted = true;
    void blob.text().then((read) => {
      if (isWanted) setText(read);
    });
    return () => {
      isWanted = false;
    };
  }, [blob]);
  return (
    <pre className="viewer-text" tabIndex={0} aria-label={name}>
      {text}
    </pre>
  );
}

function Viewer(props: { one: Consultation; attachment: CaseAttachment; onSent: (id: string) => void }) {
  const { one, attachment } = props;
  const { speak } = useWorld();
  const content = useContent(one, attachment);
  const [isDrawing, setDrawing] = useState(false);
  const name = `${speak(`case.word.kind.${attachment.kind}`)} ${attachment.name}`;
  if (content.failure !== null && content.value === null) {
    return (
      <p role="alert" className="refusal viewer-word">
        <span className="tri" aria-hidden="true" />
        {failureWords(content.failure, speak)}
        <button type="button" className="btn small" onClick={content.reload}>
          {speak("app.retry")}
        </button>
      </p>
    );
  }
  if (content.address === null || content.value === null)
    return <p className="i2 viewer-word">{content.isSlow ? speak("app.loading") : ""}</p>;
  const { address } = content;
  if (isDrawing) {
    return (
      <Annotate
        one={one}
        attachment={attachment}
        address={address}
        onClose={() => setDrawing(false)}
        onSent={(id) => {
          setDrawing(false);
          props.onSent(id);
        }}
      />
    );
  }
  return (
    <div className="viewer">
      <div className="row wrap">
        <span className="i2 clip">
          {attachment.name}
          {"\u3000"}
          {attachment.person_name} {atWords(attachment.at_ms, speak)}
        </span>
        <span className="sp" />
        {isPicture(attachment.media_type) && may(one, "write") && (
          <button type="button" className="btn small" onClick={() => setDrawing(true)}>
            <Icon name="pen" size={16} />
            {speak("s2.draw")}
          </button>
        )}
        <a className="btn small" href={address} download={attachment.name}>
          {speak("s2.download")}
        </a>
      </div>
      {isPicture(attachment.media_type) ? (
        <div className="viewer-picture" tabIndex={0} role="group" aria-label={name}>
          <img src={address} alt={name} />
        </div>
      ) : attachment.media_type === "text/plain" ? (
        <TextOf blob={content.value} name={name} />
      ) : (
        <p className="viewer-word">{speak("s2.noView")}</p>
      )}
    </div>
  );
}
