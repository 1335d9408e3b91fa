// The reading centre's part of the work list: ECGs that wait for a report or a review, the most urgent first.

import { type EcgWork as Work } from "../../protocol/ecg_report";
import { hashOf } from "../../protocol/route";
import { clock } from "../../protocol/times";
import { useCaseNews } from "../consult/cases";
import { useEvery, useLoaded, useNow } from "../hooks";
import { useWorld } from "../world";
import "./report.css";

/** Of an ECG without a case nothing is pushed. */
const ASK_EVERY_MS = 10_000;

export function EcgWork() {
  const { speak, ecgReports } = useWorld();
  const work = useLoaded("ecg work", () => ecgReports.work());
  const { reload } = work;
  const now_ms = useNow(1000);
  useCaseNews(null, reload, { wait_ms: 1000 });
  useEvery(ASK_EVERY_MS, reload);
  // Who reads nowhere has no such list.
  if (work.value === null || work.value.length === 0) return null;
  return (
    <section className="work-part" aria-label={speak("report.work")}>
      <div className="work-head">
        <h2>{speak("report.work")}</h2>
        <span className="i3">{speak("report.work.count", { count: work.value.length })}</span>
      </div>
      <div className="work-box">
        <table className="work-table">
          <thead>
            <tr>
              <th scope="col">{speak("s0.col.waited")}</th>
              <th scope="col">{speak("s0.col.patient")}</th>
              <th scope="col">{speak("s0.col.from")}</th>
              <th scope="col">{speak("s0.col.state")}</th>
              <th scope="col">
                <span className="unseen">{speak("s0.col.act")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {work.value.map((one) => (
              <Row key={one.ecg} one={one} now_ms={now_ms} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ one, now_ms }: { one: Work; now_ms: number }) {
  const { speak } = useWorld();
  const open = (): void => {
    location.hash = hashOf(one.case === "" ? { screen: "ecg", ecg: one.ecg } : { screen: "case", case: one.case });
  };
  return (
    <tr>
      <td className="work-first">
        <b className={one.is_beyond_target ? "work-target" : ""}>{clock(Math.max(0, now_ms - one.since_ms))}</b>
      </td>
      <td>
        <b>{one.patient_name}</b> <span className="i3">{one.serial}</span>
      </td>
      <td>{one.institution_name}</td>
      <td>
        {one.urgency !== "routine" && (
          <span className={one.urgency === "emergency" ? "tag crit" : "tag warn"}>
            {speak(`case.word.urgency.${one.urgency}`)}
          </span>
        )}{" "}
        {speak(`report.work.${one.step}`, { name: one.reported_by_name })}{" "}
        {!one.is_complete && <span className="tag line">{speak("report.work.incomplete")}</span>}
        {one.is_simulated && <span className="tag line">{speak("report.work.simulated")}</span>}
      </td>
      <td>
        <button type="button" className="btn small" onClick={open}>
          {speak("report.work.open")}
          <span className="unseen">{one.patient_name}</span>
        </button>
      </td>
    </tr>
  );
}
