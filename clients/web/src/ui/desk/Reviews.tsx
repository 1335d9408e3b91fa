// Break-glass: who opened in an emergency what they normally may not, and what a second person finds about it.

import { useState, type SubmitEvent } from "react";
import { mayReview } from "../../protocol/screens";
import { timeOfDay } from "../../protocol/times";
import type { Breakglass, Finding } from "../../protocol/trace";
import { LinesField, Pick, Refused, SaveRow } from "../forms";
import { useActing } from "../hooks";
import { Dialog } from "../pieces";
import { momentWords } from "../words";
import { useWorld } from "../world";
import { Facts, Listed, usePages } from "./frame";

export function Reviews() {
  const { traceDesk, account, speak } = useWorld();
  const [state, setState] = useState<"open" | "reviewed">("open");
  const [chosen, setChosen] = useState<Breakglass | null>(null);
  const pages = usePages<Breakglass>(`reviews ${state}`, async (cursor) => {
    const page = await traceDesk.breakglass(state, cursor);
    return { items: page.breakglass, next: page.next };
  });
  const mayJudge = mayReview(account?.roles ?? []);
  const isOpen = state === "open";
  const count = pages.items?.length ?? 0;
  return (
    <main className="desk-main reviews">
      <div className="desk-head">
        <h1>{speak("reviews.title")}</h1>
        {isOpen && count > 0 && (
          <span className="i2">{speak(pages.next === null ? "reviews.count" : "reviews.countMore", { count })}</span>
        )}
        <span className="sp" />
        <span className="seg" role="group" aria-label={speak("reviews.title")}>
          {(["open", "reviewed"] as const).map((one) => (
            <button
              key={one}
              type="button"
              className={one === state ? "on" : ""}
              aria-pressed={one === state}
              onClick={() => setState(one)}
            >
              {speak(one === "open" ? "reviews.open" : "reviews.done")}
            </button>
          ))}
        </span>
      </div>
      <p className="i2 lead">{speak("reviews.lead")}</p>
      <Listed
        pages={pages}
        failed={speak("reviews.failed")}
        empty={speak(isOpen ? "reviews.empty" : "reviews.emptyDone")}
        emptyMore={speak("reviews.emptyMore")}
      >
        {(uses) => (
          <ul className="pane rows roomy">
            {uses.map((use) => (
              <UseRow key={use.id} use={use} mayJudge={mayJudge} onJudge={() => setChosen(use)} />
            ))}
          </ul>
        )}
      </Listed>
      {chosen !== null && <Judge use={chosen} onClose={() => setChosen(null)} onJudged={pages.reload} />}
    </main>
  );
}

function OpenedWords({ use }: { use: Breakglass }) {
  const { speak } = useWorld();
  return (
    <span>
      {use.room !== "" ? speak("reviews.room", { room: use.room }) : speak("reviews.patient")}
      {use.patient !== "" && (
        <span className="i3"> {speak("reviews.patientId", { id: use.patient.slice(0, 11) })}</span>
      )}
    </span>
  );
}

function UseRow({ use, mayJudge, onJudge }: { use: Breakglass; mayJudge: boolean; onJudge: () => void }) {
  const { account, speak } = useWorld();
  const isOwn = account?.person === use.person;
  return (
    <li className="use">
      <div className="use-when">
        <b className="nb">{momentWords(use.at_ms, speak)}</b>
        {use.reviewed_at_ms === null ? (
          <span className={use.is_overdue ? "tag warn" : "tag"}>
            {use.is_overdue && <span className="tri" aria-hidden="true" />}
            {speak(use.is_overdue ? "reviews.overdue" : "reviews.due", {
              time: momentWords(use.due_at_ms, speak).slice(0, -3),
            })}
          </span>
        ) : (
          <span className={use.finding === "justified" ? "tag ok" : "tag warn"}>
            {use.finding !== "justified" && <span className="tri" aria-hidden="true" />}
            {speak(use.finding === "justified" ? "reviews.justified" : "reviews.unjustified")}
          </span>
        )}
      </div>
      <div className="use-what">
        <span>
          <b>{use.person_name}</b> <OpenedWords use={use} />
        </span>
        <q>{use.reason}</q>
        {use.reviewed_at_ms !== null && (
          <span className="i2">
            {speak("reviews.done.by", {
              name: use.reviewer_name,
              time: momentWords(use.reviewed_at_ms, speak).slice(0, -3),
            })}
            {use.review_note !== "" && <span className="use-note">{use.review_note}</span>}
          </span>
        )}
      </div>
      {use.reviewed_at_ms === null &&
        mayJudge &&
        (isOwn ? (
          <span className="i3">{speak("reviews.own")}</span>
        ) : (
          <button type="button" className="btn" onClick={onJudge}>
            {speak("reviews.act")}
          </button>
        ))}
    </li>
  );
}

function Judge({ use, onClose, onJudged }: { use: Breakglass; onClose: () => void; onJudged: () => void }) {
  const { traceDesk, speak, announce } = useWorld();
  const [finding, setFinding] = useState<Finding | null>(null);
  const [note, setNote] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const act = useActing();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const wrong =
      finding === null
        ? speak("reviews.choose")
        : finding === "unjustified" && note.trim() === ""
          ? speak("reviews.needNote")
          : null;
    setFault(wrong);
    if (wrong !== null || finding === null) return;
    act.run(async () => {
      await traceDesk.review(use.id, finding, note.trim());
      announce(speak("reviews.saved"));
      onJudged();
      onClose();
    });
  };
  return (
    <Dialog title={speak("reviews.title.one", { name: use.person_name })} kind="drawer" onClose={onClose}>
      <Facts
        rows={[
          [
            speak("detail.when"),
            speak("reviews.lasted", {
              from: momentWords(use.at_ms, speak),
              to: timeOfDay(new Date(use.ends_at_ms), false),
            }),
          ],
          [speak("trace.col.what"), <OpenedWords key="opened" use={use} />],
          [speak("reviews.reason"), <q key="reason">{use.reason}</q>],
        ]}
      />
      <form className="stack" onSubmit={submit} noValidate>
        <Pick
          label={speak("reviews.choose")}
          value={finding}
          options={[
            { value: "justified", label: speak("reviews.justified") },
            { value: "unjustified", label: speak("reviews.unjustified") },
          ]}
          onChange={setFinding}
        />
        <LinesField
          label={speak("reviews.note")}
          hint={speak("reviews.noteHint")}
          rows={4}
          value={note}
          maxLength={1000}
          onChange={setNote}
        />
        <Refused failure={act.failure} fault={fault} />
        <SaveRow isBusy={act.isBusy} save={speak("reviews.save")} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
