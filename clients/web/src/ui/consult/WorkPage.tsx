// S0: the work list. Who waits, what is one's own, what is booked, what is past; beside it whether calls can reach one.

import { useState, type ReactNode } from "react";
import { may, type Consultation } from "../../protocol/consultation";
import { hashOf } from "../../protocol/route";
import { timeOfDay } from "../../protocol/times";
import { readable, unsignedCount, waited_min, workList, type WorkList } from "../../protocol/work_list";
import { useActing, useNow, useTitle } from "../hooks";
import { Failure, OfflineBanner, Skeleton } from "../pieces";
import { AccountMenu, Brand, Nav, NetworkChip, Top, WallClock } from "../Top";
import { failureWords } from "../words";
import { useWorld } from "../world";
import { EcgImport } from "../ecg/EcgImport";
import { EcgWork } from "../ecg_report/EcgWork";
import { useBox } from "./cases";
import { DutyPane } from "./DutyPane";
import { atWords, sexAndAge, specialtyName, stateWords } from "./words";
import "./consult.css";

/** So many ended cases stand in the list; the others on request. */
const PAST_SHOWN = 5;

export function WorkPage() {
  const { speak } = useWorld();
  useTitle(speak("nav.work"));
  const work = useBox("work");
  const mine = useBox("mine");
  const past = useBox("past");
  const now_ms = useNow(10_000);
  const boxes = [work, mine, past];
  const failure = boxes.find((box) => box.failure !== null)?.failure ?? null;
  const reload = (): void => boxes.forEach((box) => box.reload());
  const hasAll = work.value !== null && mine.value !== null && past.value !== null;
  const at_ms = Math.min(...boxes.map((box) => box.loadedAt_ms ?? 0));
  return (
    <div className="page">
      <Top>
        <Brand isWideOnly />
        <Nav current="work" />
        <span className="sp" />
        <NetworkChip />
        <AccountMenu />
        <span className="wide">
          <WallClock />
        </span>
      </Top>
      <OfflineBanner />
      <div className="work">
        <main className="work-list" tabIndex={-1}>
          <h1 className="unseen">{speak("nav.work")}</h1>
          {failure !== null && !hasAll && <Failure title={speak("s0.failed")} failure={failure} onRetry={reload} />}
          {failure !== null && hasAll && (
            <p role="status" className="refusal">
              <span className="tri" aria-hidden="true" />
              {speak("s0.stale", { time: timeOfDay(new Date(at_ms)) })}
              <button type="button" className="btn small" onClick={reload}>
                {speak("app.retry")}
              </button>
            </p>
          )}
          {!hasAll && failure === null && boxes.some((box) => box.isSlow) && <Skeleton rows={5} />}
          <EcgWork />
          {work.value !== null && mine.value !== null && past.value !== null && (
            <Lists
              lists={workList({ work: work.value, mine: mine.value, past: past.value }, now_ms)}
              now_ms={now_ms}
              onChanged={reload}
            />
          )}
          <div className="row work-import">
            <EcgImport />
          </div>
          <p className="fine work-about">{speak("app.about")}</p>
        </main>
        <DutyPane />
      </div>
    </div>
  );
}

function Lists({ lists, now_ms, onChanged }: { lists: WorkList; now_ms: number; onChanged: () => void }) {
  const { speak } = useWorld();
  const [isWholePast, setWholePast] = useState(false);
  const { waiting, mine, booked, past } = lists;
  const unsigned = unsignedCount(mine);
  const [next] = booked;
  const shown = isWholePast ? past : past.slice(0, PAST_SHOWN);
  const waitWords = (minutes: number): string => {
    const { unit, count } = readable(minutes);
    return speak(`s0.waited.${unit}`, { count });
  };
  return (
    <>
      {waiting.length + mine.length + booked.length === 0 && (
        <div className="work-empty">
          <b>{speak("s0.nothing")}</b>
          <p className="i2">{speak("s0.nothingMore")}</p>
        </div>
      )}
      <Part
        title={speak("s0.waiting")}
        count={
          waiting.length === 0
            ? speak("s0.waitingNone")
            : speak("s0.waitingCount", {
                count: waiting.length,
                longest: waitWords(Math.max(...waiting.map((one) => waited_min(one, now_ms)))),
              })
        }
        hint={speak("s0.waitingHint")}
      >
        {waiting.length > 0 && (
          <CaseTable first={speak("s0.col.waited")}>
            {waiting.map((one, index) => (
              <CaseRow
                key={one.id}
                one={one}
                isNext={index === 0}
                onChanged={onChanged}
                first={
                  <>
                    <b>{waitWords(waited_min(one, now_ms))}</b>
                    {one.queue !== null && (
                      <small className="i3">{speak("s0.place", { place: one.queue.place })}</small>
                    )}
                  </>
                }
              />
            ))}
          </CaseTable>
        )}
      </Part>
      <Part
        title={speak("s0.mine")}
        count={
          mine.length === 0 ? speak("s0.mineNone") : unsigned > 0 ? speak("s0.mineCount", { count: unsigned }) : ""
        }
      >
        {mine.length > 0 && (
          <CaseTable first={speak("s0.col.time")}>
            {mine.map((one) => (
              <CaseRow key={one.id} one={one} onChanged={onChanged} first={<When at_ms={one.updated_at_ms} />} />
            ))}
          </CaseTable>
        )}
      </Part>
      <Part
        title={speak("s0.booked")}
        count={
          next === undefined
            ? speak("s0.bookedNone")
            : speak("s0.bookedCount", { count: booked.length, time: atWords(next.wanted_at_ms ?? 0, speak) })
        }
      >
        {booked.length > 0 && (
          <CaseTable first={speak("s0.col.time")}>
            {booked.map((one) => (
              <CaseRow key={one.id} one={one} onChanged={onChanged} first={<When at_ms={one.wanted_at_ms ?? 0} />} />
            ))}
          </CaseTable>
        )}
      </Part>
      <Part title={speak("s0.past")} count={past.length === 0 ? speak("s0.pastNone") : ""}>
        {past.length > 0 && (
          <CaseTable first={speak("s0.col.time")}>
            {shown.map((one) => (
              <CaseRow key={one.id} one={one} onChanged={onChanged} first={<When at_ms={one.updated_at_ms} />} />
            ))}
          </CaseTable>
        )}
        {shown.length < past.length && (
          <button type="button" className="btn small" onClick={() => setWholePast(true)}>
            {speak("s0.pastMore", { count: past.length - shown.length })}
          </button>
        )}
      </Part>
    </>
  );
}

function When({ at_ms }: { at_ms: number }) {
  const { speak } = useWorld();
  return <time dateTime={new Date(at_ms).toISOString()}>{atWords(at_ms, speak)}</time>;
}

function Part(props: { title: string; count: string; hint?: string; children: ReactNode }) {
  return (
    <section className="work-part" aria-label={props.title}>
      <div className="work-head">
        <h2>{props.title}</h2>
        <span className="i3">{props.count}</span>
        <span className="sp" />
        {props.hint !== undefined && <span className="fine">{props.hint}</span>}
      </div>
      {props.children}
    </section>
  );
}

function CaseTable({ first, children }: { first: string; children: ReactNode }) {
  const { speak } = useWorld();
  return (
    <div className="work-box">
      <table className="work-table">
        <thead>
          <tr>
            <th scope="col">{first}</th>
            <th scope="col">{speak("s0.col.patient")}</th>
            <th scope="col">{speak("s0.col.from")}</th>
            <th scope="col">{speak("s0.col.reason")}</th>
            <th scope="col">{speak("s0.col.state")}</th>
            <th scope="col">
              <span className="unseen">{speak("s0.col.act")}</span>
            </th>
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function CaseRow(props: { one: Consultation; first: ReactNode; isNext?: boolean; onChanged: () => void }) {
  const { one } = props;
  const { speak, consultations, language } = useWorld();
  const act = useActing();
  const open = (): void => {
    location.hash = hashOf({ screen: "case", case: one.id });
  };
  const accept = (): void =>
    act.run(async () => {
      try {
        await consultations.accept(one.id);
      } finally {
        props.onChanged();
      }
      open();
    });
  return (
    <>
      <tr>
        <td className="work-first">{props.first}</td>
        <td>
          <b>{one.patient.name}</b> <span className="i3">{sexAndAge(one, speak)}</span>
        </td>
        <td>
          <span className="clip">{one.inviting.institution_name}</span>{" "}
          <span className="i3">{one.inviting.person_name}</span>
        </td>
        <td title={one.reason}>
          {one.urgency !== "routine" && (
            <span className={one.urgency === "emergency" ? "tag crit" : "tag warn"}>
              {speak(`case.word.urgency.${one.urgency}`)}
            </span>
          )}{" "}
          <span>{one.reason}</span>
        </td>
        <td>
          <span className={one.state === "active" ? "" : "i2"}>{stateWords(one, speak)}</span>
          {one.kind === "offline" && <span className="tag line">{speak("case.offline")}</span>}
          {one.kind === "live" && one.state === "invited" && (
            <small className="i3">{specialtyName(one, language)}</small>
          )}
        </td>
        <td>
          {may(one, "accept") ? (
            <button
              type="button"
              className={props.isNext === true ? "btn small act" : "btn small"}
              disabled={act.isBusy}
              onClick={accept}
            >
              {speak(props.isNext === true ? "s0.acceptNow" : "s0.accept")}
            </button>
          ) : (
            <button type="button" className="btn small" onClick={open}>
              {speak(may(one, "room") ? "s0.enter" : "s0.open")}
              <span className="unseen">{one.patient.name}</span>
            </button>
          )}
        </td>
      </tr>
      {act.failure !== null && (
        <tr>
          <td colSpan={6}>
            <p role="alert" className="refusal">
              <span className="tri" aria-hidden="true" />
              {failureWords(act.failure, speak)}
            </p>
          </td>
        </tr>
      )}
    </>
  );
}
