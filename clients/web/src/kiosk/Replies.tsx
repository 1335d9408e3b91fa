// The replies of the county hospital, unread ones first.

import { useState } from "react";
import type { Consultation } from "../protocol/consultation";
import { repliesOf } from "../protocol/kiosk_way";
import { timeOfDay } from "../protocol/times";
import { useBox } from "../ui/consult/cases";
import { Icon } from "../ui/Icon";
import { useTitle } from "../ui/hooks";
import { whenWords } from "../ui/words";
import { useWorld } from "../ui/world";
import { Bar, patientWords, Trouble } from "./pieces";

/** As many as the screen holds without scrolling. */
const PER_PAGE = 6;

export function Replies(props: { onBack: () => void; onOpen: (one: Consultation) => void }) {
  const { account, language, speak } = useWorld();
  useTitle(speak("kiosk.replies.title"));
  const mine = useBox("mine");
  const past = useBox("past");
  const [page, setPage] = useState(0);
  const own = (one: Consultation): boolean =>
    account === null || account.institution === "" || one.inviting.institution === account.institution;
  const all = new Map([...(mine.value ?? []), ...(past.value ?? [])].filter(own).map((one) => [one.id, one]));
  const replies = repliesOf([...all.values()]);
  const shown = replies.slice(page * PER_PAGE, (page + 1) * PER_PAGE);
  const isStale = mine.failure !== null && mine.value !== null && mine.loadedAt_ms !== null;
  return (
    <>
      <Bar title={speak("kiosk.replies.title")} onBack={props.onBack} />
      {isStale && (
        <p className="ladder l5 k-offline" role="alert">
          {speak("kiosk.replies.stale", { time: timeOfDay(new Date(mine.loadedAt_ms ?? 0), false) })}
        </p>
      )}
      <main className="k-list wide">
        {mine.value === null ? (
          <Trouble failure={mine.failure} />
        ) : replies.length === 0 ? (
          <p className="k-middle k-body">{speak("kiosk.replies.none")}</p>
        ) : (
          shown.map((one) => (
            <button key={one.id} type="button" className="k-line" onClick={() => props.onOpen(one)}>
              {one.state === "signed" ? (
                <span className="k-tag warn">{speak("kiosk.replies.unread")}</span>
              ) : (
                <span className="k-tag">
                  {speak(one.adoption === "" ? `case.word.state.${one.state}` : `case.word.adoption.${one.adoption}`)}
                </span>
              )}
              <b className="clip">{patientWords(one.patient, speak)}</b>
              <span className="i2 clip">{one.reason}</span>
              <span className="sp" />
              <span className="i2 nb">{one.specialty_name[language === "en" ? "en" : "zh"]}</span>
              <span className="i2 nb k-line-when">
                {whenWords(new Date(one.signed_at_ms ?? one.updated_at_ms), speak)}
              </span>
              <Icon name="right" size={24} />
            </button>
          ))
        )}
      </main>
      {replies.length > PER_PAGE && (
        <div className="k-acts">
          <span className="sp" />
          <button
            type="button"
            className="k-btn"
            aria-label={speak("kiosk.replies.pageBefore")}
            disabled={page === 0}
            onClick={() => setPage(page - 1)}
          >
            <Icon name="back" size={28} />
          </button>
          <b>
            {page + 1} / {Math.ceil(replies.length / PER_PAGE)}
          </b>
          <button
            type="button"
            className="k-btn"
            aria-label={speak("kiosk.replies.pageAfter")}
            disabled={(page + 1) * PER_PAGE >= replies.length}
            onClick={() => setPage(page + 1)}
          >
            <Icon name="right" size={28} />
          </button>
        </div>
      )}
    </>
  );
}
