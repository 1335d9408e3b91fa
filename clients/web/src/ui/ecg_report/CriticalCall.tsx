// A critical value: marked by the reader, called back until somebody of the treating side has heard it. The clock runs
// in sight of both.

import { useState } from "react";
import { waitedMs, type CriticalView } from "../../protocol/ecg_report";
import { clock } from "../../protocol/times";
import { TextField } from "../forms";
import { useActing, useNow } from "../hooks";
import { Icon } from "../Icon";
import { byPhone, failureWords, momentWords } from "../words";
import { useWorld } from "../world";

/** As clinical/critical_value.py has it. */
const NAME_LIMIT = 64;

export function CriticalCall(props: {
  ecg: string;
  /** Whose it is, where that does not stand beside it. */
  title?: string;
  critical: CriticalView | null;
  allowed: readonly string[];
  onChanged: () => void;
}) {
  const { ecg, critical, allowed } = props;
  const { speak, ecgReports } = useWorld();
  const now_ms = useNow(1000);
  const act = useActing();
  const [form, setForm] = useState<"heard" | "withdraw" | null>(null);
  const [words, setWords] = useState("");
  const run = (work: () => Promise<unknown>): void =>
    act.run(async () => {
      await work();
      setForm(null);
      setWords("");
      props.onChanged();
    });
  const open = (which: "heard" | "withdraw") => () => {
    setWords("");
    setForm(form === which ? null : which);
  };
  if (critical === null && !allowed.includes("mark_critical")) return null;
  const isCalling = critical?.state === "calling";
  return (
    <section className={isCalling ? "critical calling" : "critical"} aria-label={speak("report.critical")}>
      <div className="row wrap">
        {critical === null ? (
          <span className="i2">{speak("report.critical.none")}</span>
        ) : (
          <>
            {isCalling && <span className="tag crit">{speak("report.critical")}</span>}
            <b role="status">
              {speak(`report.critical.${critical.state}`, {
                time: clock(waitedMs(critical, now_ms)),
                name: critical.heard_name,
              })}
            </b>
          </>
        )}
        <span className="sp" />
        {allowed.includes("mark_critical") && (
          <button
            type="button"
            className="btn small"
            disabled={act.isBusy}
            onClick={() => run(() => ecgReports.markCritical(ecg))}
          >
            {speak("report.critical.mark")}
          </button>
        )}
        {allowed.includes("hear_critical") && (
          <button
            type="button"
            className="btn small act"
            disabled={act.isBusy}
            onClick={() => run(() => ecgReports.noteHeard(ecg, ""))}
          >
            {speak("report.critical.hear")}
          </button>
        )}
        {allowed.includes("note_heard") && (
          <button type="button" className="btn small" aria-expanded={form === "heard"} onClick={open("heard")}>
            {speak("report.critical.noteHeard")}
          </button>
        )}
        {allowed.includes("withdraw_critical") && (
          <button type="button" className="btn small" aria-expanded={form === "withdraw"} onClick={open("withdraw")}>
            {speak("report.critical.withdraw")}
          </button>
        )}
      </div>
      {props.title !== undefined && <p>{props.title}</p>}
      {critical !== null && (
        <p className="i2">
          {speak("report.critical.markedBy", {
            name: critical.marked_by_name,
            time: momentWords(critical.marked_at_ms, speak),
          })}
          {isCalling &&
            (critical.called.length > 0
              ? ` ${speak("report.critical.calls", { names: critical.called.join("、") })}`
              : ` ${speak("report.critical.callsNobody")}`)}
          {critical.reason !== "" && ` ${speak("report.reasonOf", { reason: critical.reason })}`}
        </p>
      )}
      {critical !== null && critical.phone !== "" && (
        <p className="critical-phone">
          <Icon name="phone" size={18} />
          <b>{byPhone(critical.phone, speak)}</b>
        </p>
      )}
      {form !== null && (
        <form
          className="row wrap"
          onSubmit={(event) => {
            event.preventDefault();
            if (words.trim() === "") return;
            run(() => (form === "heard" ? ecgReports.noteHeard(ecg, words) : ecgReports.withdrawCritical(ecg, words)));
          }}
        >
          <TextField
            label={speak(form === "heard" ? "report.critical.whoHeard" : "report.critical.why")}
            value={words}
            onChange={(typed) => setWords(form === "heard" ? typed.slice(0, NAME_LIMIT) : typed)}
          />
          <button type="submit" className="btn act" disabled={words.trim() === "" || act.isBusy}>
            {speak(form === "heard" ? "report.critical.noteHeard" : "report.critical.withdraw")}
          </button>
        </form>
      )}
      {act.failure !== null && (
        <p role="alert" className="refusal">
          <span className="tri" aria-hidden="true" />
          {failureWords(act.failure, speak)}
        </p>
      )}
    </section>
  );
}
