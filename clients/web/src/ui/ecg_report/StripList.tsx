// The marked strips: what the report rests on, and what is still missing of each.

import type { Ecg } from "../../protocol/ecg";
import {
  offeredStrips,
  secondsOf,
  stripBeginsMs,
  withStrip,
  type ReportText,
  type ReportView,
  type StripMark,
} from "../../protocol/ecg_report";
import { clock } from "../../protocol/times";
import { Icon } from "../Icon";
import { useWorld } from "../world";

export function StripList(props: {
  ecg: Ecg;
  report: ReportText;
  saved: ReportView;
  /** Null: nothing can be marked now. */
  onChange: ((report: ReportText) => void) | null;
}) {
  const { ecg, report, saved, onChange } = props;
  const { speak } = useWorld();
  const rateHz = ecg.descriptor?.rate_hz ?? 0;
  const offered = onChange === null ? null : offeredStrips(ecg.epochs, rateHz);
  const mark =
    (...strips: readonly StripMark[]) =>
    () =>
      onChange?.(strips.reduce((all, strip) => withStrip(all, strip, rateHz), report));
  return (
    <section aria-label={speak("report.strips")}>
      <div className="row wrap">
        <h3>{speak("report.strips")}</h3>
        <span className="sp" />
        {offered !== null && (
          <>
            <button type="button" className="btn small" onClick={mark(offered.first)}>
              {speak("report.strips.first")}
            </button>
            <button type="button" className="btn small" onClick={mark(offered.last)}>
              {speak("report.strips.last")}
            </button>
            <button type="button" className="btn small" onClick={mark(...offered.whole)}>
              {speak("report.strips.whole")}
            </button>
          </>
        )}
      </div>
      {report.strips.length === 0 && <p className="i2">{speak("report.strips.none")}</p>}
      <ul className="strips">
        {report.strips.map((strip, index) => {
          const seen = saved.strips.find(
            (one) =>
              one.epoch === strip.epoch &&
              one.first_sample === strip.first_sample &&
              one.end_sample === strip.end_sample,
          );
          const { length_s, missing_s } = secondsOf({
            ...strip,
            rate_hz: rateHz,
            missing_samples: seen?.missing_samples ?? 0,
          });
          const from_ms = stripBeginsMs(strip, ecg.epochs, rateHz);
          return (
            <li key={`${strip.epoch} ${strip.first_sample} ${strip.end_sample}`} className="row">
              <span>
                {speak("report.strips.one", {
                  number: index + 1,
                  from: clock(from_ms),
                  seconds: length_s.toFixed(1),
                })}
              </span>
              <span className="sp" />
              {seen === undefined ? (
                <span className="i3">{speak("report.strips.unsaved")}</span>
              ) : missing_s > 0 ? (
                <span className="tag warn">{speak("report.strips.missing", { seconds: missing_s.toFixed(1) })}</span>
              ) : (
                <span className="ok">{speak("report.strips.complete")}</span>
              )}
              {onChange !== null && (
                <button
                  type="button"
                  className="btn ghost square"
                  aria-label={speak("report.strips.remove", { number: index + 1 })}
                  onClick={() => onChange({ ...report, strips: report.strips.filter((one) => one !== strip) })}
                >
                  <Icon name="x" size={16} />
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
