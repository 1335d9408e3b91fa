// The duty roster: a week by specialty and line, slots that can be booked, duty phones, and the roster's files.

import { useState } from "react";
import { titleIn } from "../../protocol/api";
import { midnightsOfWeek, type NamedCode } from "../../protocol/roster";
import { day } from "../../protocol/times";
import { useLoaded, useNow } from "../hooks";
import { Icon } from "../Icon";
import { useWorld } from "../world";
import { DutyPhones } from "./DutyPhones";
import { AddButton, Head } from "./frame";
import { RosterFiles } from "./RosterFiles";
import { ShiftForm } from "./RosterForms";
import { RosterWeek } from "./RosterWeek";
import { Slots } from "./Slots";

const VIEWS = ["shifts", "slots", "phones"] as const;
type View = (typeof VIEWS)[number];

/** The specialties and their words; none before they have come: codes stand in their place. */
function useSpecialties(): { codes: readonly NamedCode[]; nameOf: (code: string) => string } {
  const { office, language } = useWorld();
  const codes = useLoaded("specialties", () => office.roster.specialties()).value ?? [];
  const nameOf = (code: string): string => {
    const named = codes.find((one) => one.code === code);
    return named === undefined ? code : titleIn(named.name, language === "en" ? "en" : "zh");
  };
  return { codes, nameOf };
}

export function Roster() {
  const { speak } = useWorld();
  const [view, setView] = useState<View>("shifts");
  const [weeks, setWeeks] = useState(0);
  const [dialog, setDialog] = useState<"add" | "slot" | "files" | null>(null);
  const [round, setRound] = useState(0);
  const specialties = useSpecialties();
  const now_ms = useNow(60_000);
  const midnights = midnightsOfWeek(now_ms, weeks);
  const [from_ms = 0, until_ms = 0] = [midnights[0], midnights[7]];
  const span = { from_ms, until_ms };
  const onChanged = (): void => {
    setRound((n) => n + 1);
    setDialog(null);
  };
  return (
    <>
      <Head
        title={speak("roster.title")}
        count={
          view === "phones"
            ? undefined
            : speak("roster.week", { from: day(new Date(from_ms)), until: day(new Date(until_ms - 1)) })
        }
      >
        {view === "slots" && <AddButton label={speak("roster.slotAdd")} onClick={() => setDialog("slot")} />}
        {view === "shifts" && (
          <>
            <button type="button" className="btn" onClick={() => setDialog("files")}>
              <Icon name="copy" size={18} />
              {speak("roster.files")}
            </button>
            <AddButton label={speak("roster.add")} onClick={() => setDialog("add")} />
          </>
        )}
      </Head>
      <div className="filters">
        <span className="seg" role="group" aria-label={speak("roster.views")}>
          {VIEWS.map((one) => (
            <button
              key={one}
              type="button"
              className={one === view ? "on" : ""}
              aria-pressed={one === view}
              onClick={() => setView(one)}
            >
              {speak(`roster.view.${one}`)}
            </button>
          ))}
        </span>
        {view !== "phones" && (
          <span className="row week-steps">
            <button
              type="button"
              className="btn square"
              aria-label={speak("roster.earlier")}
              title={speak("roster.earlier")}
              onClick={() => setWeeks(weeks - 1)}
            >
              <Icon name="back" size={18} />
            </button>
            <button type="button" className="btn" aria-pressed={weeks === 0} onClick={() => setWeeks(0)}>
              {speak("roster.this")}
            </button>
            <button
              type="button"
              className="btn square"
              aria-label={speak("roster.later")}
              title={speak("roster.later")}
              onClick={() => setWeeks(weeks + 1)}
            >
              <Icon name="right" size={18} />
            </button>
          </span>
        )}
      </div>
      {view === "shifts" && (
        <RosterWeek key={round} midnights={midnights} codes={specialties.codes} nameOf={specialties.nameOf} />
      )}
      {view === "slots" && (
        <Slots
          span={span}
          codes={specialties.codes}
          nameOf={specialties.nameOf}
          isAdding={dialog === "slot"}
          onAddClosed={() => setDialog(null)}
        />
      )}
      {view === "phones" && <DutyPhones codes={specialties.codes} nameOf={specialties.nameOf} />}
      {dialog === "add" && (
        <ShiftForm
          codes={specialties.codes}
          nameOf={specialties.nameOf}
          day_ms={weeks === 0 ? now_ms : from_ms}
          onClose={() => setDialog(null)}
          onAdded={onChanged}
        />
      )}
      {dialog === "files" && (
        <RosterFiles span={span} onClose={() => setDialog(null)} onTaken={() => setRound((n) => n + 1)} />
      )}
    </>
  );
}
