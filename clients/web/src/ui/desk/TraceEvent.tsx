// One event in full: who, where, when, about whom, what changed, how it hangs in the chain; and the raw event.

import { useState, type ReactNode } from "react";
import { hashOf } from "../../protocol/route";
import { clock, day, timeOfDay } from "../../protocol/times";
import {
  changesOf,
  readable,
  shortHash,
  type EventDetail,
  type PersonalField,
  type Purpose,
  type TraceLine,
} from "../../protocol/trace";
import type { Speak } from "../../messages/speak";
import { CopyButton } from "../forms";
import { Icon } from "../Icon";
import { useLoaded } from "../hooks";
import { Dialog, Failure, Skeleton } from "../pieces";
import { kindWords, momentWords, offsetWords, receivedWords, roleWords } from "../words";
import { useWorld } from "../world";
import { Facts } from "./frame";
import { actorWords } from "./Trace";

/** A time with its milliseconds, as the record has it. */
function exactWords(at_ms: number): string {
  const at = new Date(at_ms);
  return `${day(at)} ${timeOfDay(at)}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** The name of a member of an event; one without words stands as the record writes it. */
function nameWords(family: "subject" | "personal", name: string, speak: Speak): string {
  const own = speak.keyOr(`${family}.${name}`, "app.dash");
  const key = own === "app.dash" ? speak.keyOr(`fact.${name}`, "app.dash") : own;
  return key === "app.dash" ? name : speak(key);
}

/** A value that changed, in words where there are some: words of fixed lists, times, truth values. */
function valueWords(name: string, value: string, speak: Speak): string {
  if (value === "") return speak("trace.fact.none");
  if (name.endsWith("_at_ms") || name.endsWith("_until_ms")) return exactWords(Number(value));
  if (name === "role") return roleWords(value, speak);
  const key = speak.keyOr(`value.${value}`, "app.dash");
  return key === "app.dash" ? value : speak(key);
}

/** The name of a value that changed. */
function factWords(name: string, speak: Speak): string {
  const key = speak.keyOr(`fact.${name}`, "app.dash");
  return key === "app.dash" ? nameWords("subject", name, speak) : speak(key);
}

export function TraceEvent(props: { line: TraceLine; purpose: Purpose; onClose: () => void }) {
  const { traceDesk, speak } = useWorld();
  const { line, purpose } = props;
  const [face, setFace] = useState<"words" | "raw" | "fhir">("words");
  const detail = useLoaded(`${line.institution} ${line.sequence}`, () =>
    traceDesk.event({ institution: line.institution, sequence: line.sequence, purpose }),
  );
  const title = speak("event.detail", { sequence: line.sequence, what: kindWords(line.kind, speak) });
  return (
    <Dialog title={title} kind="drawer" onClose={props.onClose}>
      {detail.value === null && detail.failure !== null && (
        <Failure title={speak("detail.failed")} failure={detail.failure} onRetry={detail.reload} />
      )}
      {detail.value === null && detail.failure === null && detail.isSlow && <Skeleton rows={6} />}
      {detail.value !== null && (
        <>
          <span className="seg" role="group" aria-label={title}>
            {(["words", "raw", "fhir"] as const).map((one) => (
              <button
                key={one}
                type="button"
                className={one === face ? "on" : ""}
                aria-pressed={one === face}
                onClick={() => setFace(one)}
              >
                {speak(`detail.${one}`)}
              </button>
            ))}
          </span>
          {face === "words" ? (
            <InWords event={detail.value} />
          ) : (
            <Raw
              title={speak(face === "raw" ? "detail.rawTitle" : "detail.fhir")}
              shown={face === "raw" ? readable(detail.value.line) : JSON.stringify(detail.value.fhir, null, 2)}
              copied={face === "raw" ? detail.value.line : JSON.stringify(detail.value.fhir, null, 2)}
            />
          )}
          <p className="fine">{speak("detail.viewed")}</p>
        </>
      )}
    </Dialog>
  );
}

function Raw({ title, shown, copied }: { title: string; shown: string; copied: string }) {
  const { speak } = useWorld();
  return (
    <section className="stack">
      <h3>{title}</h3>
      <pre className="raw">{shown}</pre>
      <div className="row">
        <CopyButton text={copied} label={speak("detail.copyRaw")} />
      </div>
    </section>
  );
}

type Row = readonly [string, ReactNode];

function Section({ title, rows }: { title: string; rows: readonly Row[] }) {
  return (
    <section className="part">
      <h3>{title}</h3>
      <Facts rows={rows} />
    </section>
  );
}

const mono = (text: string): ReactNode => <code className="break">{text}</code>;

function InWords({ event }: { event: EventDetail }) {
  const { speak } = useWorld();
  const { actor, place, time, patient } = event;
  const when = (value: boolean, ...rows: Row[]): Row[] => (value ? rows : []);
  const licences = actor.licences.map((one) => one.number).join(speak("app.listComma"));
  // What has its own section is not told twice.
  const told = new Set(["patient", "room", "device"]);
  const concerns = Object.entries(event.subject).filter(([name]) => !told.has(name));
  return (
    <>
      <Section
        title={speak("detail.who")}
        rows={[
          [speak("people.name"), <b key="name">{actorWords({ actor: actor.id, actor_name: actor.name }, speak)}</b>],
          ...when(actor.role !== "", [speak("detail.role"), roleWords(actor.role, speak)]),
          ...when(actor.title !== "", [speak("detail.title"), actor.title]),
          ...when(licences !== "", [speak("detail.licence"), mono(licences)]),
          ...when(actor.id !== "" && actor.id !== "system", [speak("detail.id"), mono(actor.id)]),
        ]}
      />
      <Section
        title={speak("detail.when")}
        rows={[
          [speak("detail.server"), exactWords(time.at_ms)],
          ...(time.device_at_ms === null
            ? [
                [
                  speak("detail.deviceTime"),
                  <span key="none" className="i3">
                    {speak("detail.noDeviceTime")}
                  </span>,
                ] as Row,
              ]
            : [[speak("detail.deviceTime"), exactWords(time.device_at_ms)] as Row]),
          ...(time.offset_ms === null
            ? []
            : [
                [
                  speak("detail.offset"),
                  speak("detail.offsetIs", { offset: offsetWords(time.offset_ms), error: time.error_ms ?? 0 }),
                ] as Row,
              ]),
          ...(event.media === null
            ? []
            : [
                [
                  speak("detail.media"),
                  <span key="media" className="row wrap tight">
                    {clock(event.media.position_ms)}
                    <a className="btn small" href={hashOf({ screen: "recordings", recording: event.media.recording })}>
                      <Icon name="film" size={16} />
                      {speak("detail.open")}
                    </a>
                  </span>,
                ] as Row,
              ]),
        ]}
      />
      <Section
        title={speak("detail.where")}
        rows={[
          [
            speak("detail.institution"),
            place.institution_name === "" ? mono(place.institution) : place.institution_name,
          ],
          ...when(place.room !== "", [speak("detail.room"), place.room]),
          [
            speak("detail.device"),
            place.device === "" ? (
              <span key="none" className="i3">
                {speak("detail.noDevice")}
              </span>
            ) : (
              place.device_name || mono(place.device)
            ),
          ],
        ]}
      />
      {(patient !== null || concerns.length > 0) && (
        <Section
          title={speak("detail.whom")}
          rows={[
            ...(patient === null
              ? []
              : [
                  [
                    speak("trace.patient"),
                    <span key="patient" className="row wrap tight">
                      <b>{patient.name === "" ? speak("detail.patientErased") : patient.name}</b>
                      {patient.name !== "" && (
                        <span className="i2">
                          {[
                            speak(`trace.sex.${patient.sex}`),
                            ...(patient.birth_year === null ? [] : [speak("trace.born", { year: patient.birth_year })]),
                          ].join(speak("app.listComma"))}
                        </span>
                      )}
                    </span>,
                  ] as Row,
                ]),
            ...concerns.map(([name, id]): Row => [nameWords("subject", name, speak), mono(id)]),
          ]}
        />
      )}
      {event.kind === "qos.received" ? <ReceivedLine after={event.after} /> : null}
      <Changes event={event} />
      {event.personal.length > 0 && <Personal fields={event.personal} />}
      <section className="part">
        <h3>{speak("detail.chain")}</h3>
        {event.is_chained ? (
          <p className="done">
            <Icon name="check" size={18} />
            {speak("detail.chained")}
          </p>
        ) : (
          <p className="refusal crit">
            <Icon name="x" size={18} />
            <b>{speak("detail.notChained")}</b>
          </p>
        )}
        <Facts
          rows={[
            [speak("detail.hash"), mono(event.hash)],
            [speak("detail.previous"), mono(event.previous)],
          ]}
        />
      </section>
    </>
  );
}

/** What somebody received, in one line, and who says so. */
function ReceivedLine({ after }: { after: EventDetail["after"] }) {
  const { speak } = useWorld();
  const source = speak.keyOr(`detail.said.${String(after["source"])}`, "detail.said.server");
  return (
    <section className="part">
      <h3>{speak("detail.received")}</h3>
      <p>
        <b>{receivedWords(after, speak)}</b>
      </p>
      <p className="i2">{speak(source)}</p>
    </section>
  );
}

function Changes({ event }: { event: EventDetail }) {
  const { speak } = useWorld();
  const changes = changesOf(event);
  return (
    <section className="part">
      <h3>{speak("detail.changed")}</h3>
      {changes.length === 0 ? (
        <p className="i3">{speak("detail.nothing")}</p>
      ) : (
        <table className="changes">
          <thead>
            <tr>
              <th />
              <th>{speak("detail.before")}</th>
              <th>{speak("detail.after")}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map((change) => (
              <tr key={change.name}>
                <th scope="row">{factWords(change.name, speak)}</th>
                {[change.before, change.after].map((value, side) => (
                  <td key={side}>
                    {value === null ? (
                      <span className="i3">{speak("app.dash")}</span>
                    ) : (
                      valueWords(change.name, value, speak)
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Personal({ fields }: { fields: readonly PersonalField[] }) {
  const { speak } = useWorld();
  return (
    <section className="part">
      <h3>{speak("detail.personal")}</h3>
      <ul className="rows">
        {fields.map((field) => (
          <li key={field.name} className="stack-tight">
            <span className="i2">{nameWords("personal", field.name, speak)}</span>
            {field.value === null ? (
              <span className="row wrap">
                <span className="chip-hatch tiny" aria-hidden="true" />
                {speak("detail.erased", {
                  time: field.erased_at_ms === null ? speak("app.dash") : momentWords(field.erased_at_ms, speak),
                })}
              </span>
            ) : (
              <b>{field.value}</b>
            )}
            <span className={field.is_sound === false ? "crit" : "i3 fine"}>
              {field.is_sound === null
                ? `${speak("detail.commitment")} ${shortHash(field.commitment)}`
                : speak(field.is_sound ? "detail.sound" : "detail.unsound")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
