// One week of the roster as a table: a row for each line of a specialty, a column for each day.

import { useState } from "react";
import { hospitalClock } from "../../protocol/hospital_time";
import {
  hoursOf,
  overlapping,
  weekRows,
  type NamedCode,
  type Piece,
  type RosterDay,
  type RosterRow,
  type RosterSpan,
  type Shift,
} from "../../protocol/roster";
import { day } from "../../protocol/times";
import { Refused, SaveRow } from "../forms";
import { useActing, useLoaded, useNow } from "../hooks";
import { Dialog, Failure, Notice, Skeleton } from "../pieces";
import { momentWords } from "../words";
import { useWorld } from "../world";
import { Facts } from "./frame";

interface Named {
  codes: readonly NamedCode[];
  nameOf: (code: string) => string;
}

export function RosterWeek({ midnights, codes, nameOf }: Named & { midnights: readonly number[] }) {
  const { office, speak } = useWorld();
  const [openId, setOpenId] = useState<string | null>(null);
  const [from_ms = 0, until_ms = 0] = [midnights[0], midnights[7]];
  const loaded = useLoaded(String(from_ms), () => office.roster.shifts({ from_ms, until_ms }));
  const roster = loaded.value;
  if (roster === null) {
    if (loaded.failure !== null)
      return <Failure title={speak("roster.failed")} failure={loaded.failure} onRetry={loaded.reload} />;
    return loaded.isSlow ? <Skeleton rows={6} /> : null;
  }
  const opened = roster.shifts.find((one) => one.id === openId);
  return (
    <>
      {loaded.failure !== null && (
        <Failure title={speak("roster.failed")} failure={loaded.failure} onRetry={loaded.reload} />
      )}
      {roster.shifts.length === 0 ? (
        <Notice title={speak("roster.empty")} more={speak("roster.emptyMore")} />
      ) : (
        <>
          <Findings roster={roster} />
          <WeekTable
            rows={weekRows(
              roster,
              codes.map((one) => one.code),
              midnights,
            )}
            midnights={midnights}
            twice={overlapping(roster, "same_person")}
            nameOf={nameOf}
            onOpen={setOpenId}
          />
        </>
      )}
      {opened !== undefined && (
        <ShiftPane shift={opened} nameOf={nameOf} onClose={() => setOpenId(null)} onRemoved={loaded.reload} />
      )}
    </>
  );
}

/** What the week lacks, before one looks for it in the table. */
function Findings({ roster }: { roster: RosterSpan }) {
  const { speak } = useWorld();
  if (!roster.is_complete) return <p className="tag warn">{speak("roster.incomplete")}</p>;
  const twice = overlapping(roster, "same_person").size;
  return (
    <div className="row wrap">
      {roster.gaps.length === 0 ? (
        <span className="tag ok">{speak("roster.noGaps")}</span>
      ) : (
        <span className="tag warn">
          <span className="tri" aria-hidden="true" />
          {speak("roster.gaps", { count: roster.gaps.length })}
        </span>
      )}
      {twice > 0 && <span className="tag">{speak("roster.twice", { count: twice })}</span>}
    </div>
  );
}

function WeekTable(props: {
  rows: readonly RosterRow[];
  midnights: readonly number[];
  twice: ReadonlySet<string>;
  nameOf: (code: string) => string;
  onOpen: (id: string) => void;
}) {
  const { speak } = useWorld();
  const today = day(new Date(useNow(60_000)));
  return (
    <div className="week-box" tabIndex={0} role="region" aria-label={speak("roster.title")}>
      <table className="week">
        <colgroup>
          <col className="week-place" />
          <col className="week-line" />
        </colgroup>
        <thead>
          <tr>
            <th scope="col" colSpan={2}>
              {speak("roster.place")}
            </th>
            {props.midnights.slice(0, -1).map((at_ms) => {
              const at = new Date(at_ms);
              const isToday = day(at) === today;
              return (
                <th
                  key={at_ms}
                  scope="col"
                  className={isToday ? "today" : undefined}
                  aria-current={isToday ? "date" : undefined}
                >
                  {speak(speak.keyOr(`weekday.${hospitalClock(at).weekday}`, "app.dash"))}{" "}
                  <span className="nb">{day(at).slice(5)}</span>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={`${row.specialty} ${row.line}`} className={row.line === 1 ? "first" : undefined}>
              {row.line === 1 && (
                <th scope="rowgroup" rowSpan={2}>
                  {props.nameOf(row.specialty)}
                </th>
              )}
              <th scope="row" className="i2">
                {speak(`roster.line.${row.line}`)}
              </th>
              {row.days.map((one) => (
                <td key={one.from_ms} className={day(new Date(one.from_ms)) === today ? "today" : undefined}>
                  <DayCell day={one} twice={props.twice} onOpen={props.onOpen} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DayCell(props: { day: RosterDay; twice: ReadonlySet<string>; onOpen: (id: string) => void }) {
  const { speak } = useWorld();
  const hours = (piece: Piece<Shift>): string => (piece.isAllDay ? speak("roster.allDay") : hoursOf(piece));
  return (
    <div className="week-cell">
      {props.day.shifts.map((piece) => (
        <button key={piece.whole.id} type="button" className="week-shift" onClick={() => props.onOpen(piece.whole.id)}>
          <b>{piece.whole.name}</b>
          <span className="nb">{hours(piece)}</span>
          {props.twice.has(piece.whole.id) && <span className="week-mark">{speak("roster.twiceMark")}</span>}
        </button>
      ))}
      {props.day.gaps.map((piece) => (
        <span key={piece.from_ms} className="week-gap">
          <span>{speak("roster.gap")}</span>
          {!piece.isAllDay && <span className="nb">{hoursOf(piece)}</span>}
        </span>
      ))}
    </div>
  );
}

function ShiftPane(props: {
  shift: Shift;
  nameOf: (code: string) => string;
  onClose: () => void;
  onRemoved: () => void;
}) {
  const { office, speak } = useWorld();
  const { shift } = props;
  const act = useActing();
  const isOver = shift.until_ms <= useNow(30_000);
  const title = speak("roster.shiftOf", {
    name: shift.name,
    specialty: props.nameOf(shift.specialty),
    line: speak(`roster.line.${shift.line}`),
  });
  return (
    <Dialog title={title} kind="drawer" onClose={props.onClose}>
      <Facts
        rows={[
          [speak("roster.from"), momentWords(shift.from_ms, speak).slice(0, -3)],
          [speak("roster.until"), momentWords(shift.until_ms, speak).slice(0, -3)],
        ]}
      />
      <Refused failure={act.failure} />
      {isOver ? (
        <p className="i2">{speak("roster.over")}</p>
      ) : (
        <section className="part">
          <p>{speak("roster.removeMore")}</p>
          <SaveRow
            isBusy={act.isBusy}
            save={speak("roster.remove")}
            onCancel={props.onClose}
            onSave={() =>
              act.run(async () => {
                await office.roster.removeShift(shift.id);
                props.onClose();
                props.onRemoved();
              })
            }
          />
        </section>
      )}
    </Dialog>
  );
}
