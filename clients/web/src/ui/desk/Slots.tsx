// The slots of a week: times at which a specialist can be booked, opened and closed here.

import { useState } from "react";
import { hospitalClock } from "../../protocol/hospital_time";
import { hoursOf, type NamedCode, type Slot, type Stretch } from "../../protocol/roster";
import { day } from "../../protocol/times";
import { Refused, SaveRow } from "../forms";
import { useActing, useNow } from "../hooks";
import { Dialog } from "../pieces";
import { useWorld } from "../world";
import { Listed, ListTable, RowOpen, usePages } from "./frame";
import { SlotForm } from "./RosterForms";

interface Named {
  codes: readonly NamedCode[];
  nameOf: (code: string) => string;
}

/** `isAdding`: the form for a new slot is open; the button that opens it stands at the page's head. */
export function Slots(props: Named & { span: Stretch; isAdding: boolean; onAddClosed: () => void }) {
  const { span, codes, nameOf, isAdding } = props;
  const { office, speak } = useWorld();
  const now_ms = useNow(30_000);
  const [openId, setOpenId] = useState<string | null>(null);
  const pages = usePages<Slot>(`slots ${span.from_ms}`, async () => ({
    items: [...(await office.roster.slots(span))],
    next: null,
  }));
  const opened = pages.items?.find((one) => one.id === openId) ?? null;
  const when = (slot: Slot): string => {
    const at = new Date(slot.from_ms);
    return `${speak(speak.keyOr(`weekday.${hospitalClock(at).weekday}`, "app.dash"))} ${day(at).slice(5)} ${hoursOf(slot)}`;
  };
  return (
    <>
      <Listed
        pages={pages}
        failed={speak("roster.failed")}
        empty={speak("roster.slotsEmpty")}
        emptyMore={speak("roster.slotsEmptyMore")}
      >
        {(slots) => (
          <ListTable
            columns={[
              speak("roster.slotTime"),
              speak("roster.place"),
              speak("roster.person"),
              speak("roster.slotState"),
            ]}
          >
            {slots.map((slot) => (
              <tr key={slot.id} className={slot.from_ms <= now_ms ? "over" : undefined}>
                <td>
                  <RowOpen look="nb" onOpen={() => setOpenId(slot.id)}>
                    {when(slot)}
                  </RowOpen>
                </td>
                <td data-label={speak("roster.place")}>{nameOf(slot.specialty)}</td>
                <td data-label={speak("roster.person")}>
                  {slot.name} <span className="i2">{slot.title}</span>
                </td>
                <td data-label={speak("roster.slotState")}>
                  <SlotTag slot={slot} now_ms={now_ms} />
                </td>
              </tr>
            ))}
          </ListTable>
        )}
      </Listed>
      {opened !== null && (
        <SlotPane
          slot={opened}
          title={speak("roster.slotOf", { specialty: nameOf(opened.specialty), name: opened.name })}
          when={when(opened)}
          isOver={opened.until_ms <= now_ms}
          onClose={() => setOpenId(null)}
          onClosed={pages.reload}
        />
      )}
      {isAdding && (
        <SlotForm
          codes={codes}
          nameOf={nameOf}
          day_ms={Math.max(now_ms, span.from_ms)}
          onClose={props.onAddClosed}
          onAdded={() => {
            props.onAddClosed();
            pages.reload();
          }}
        />
      )}
    </>
  );
}

function SlotTag({ slot, now_ms }: { slot: Slot; now_ms: number }) {
  const { speak } = useWorld();
  if (slot.is_booked) return <span className="tag">{speak("roster.slotBooked")}</span>;
  if (slot.from_ms <= now_ms) return <span className="tag line">{speak("roster.slotOver")}</span>;
  return <span className="tag ok">{speak("roster.slotOpen")}</span>;
}

function SlotPane(props: {
  slot: Slot;
  title: string;
  when: string;
  isOver: boolean;
  onClose: () => void;
  onClosed: () => void;
}) {
  const { office, speak } = useWorld();
  const act = useActing();
  return (
    <Dialog title={props.title} kind="drawer" onClose={props.onClose}>
      <p>
        <b>{props.when}</b>
      </p>
      <Refused failure={act.failure} />
      {props.slot.is_booked ? (
        <p className="i2">{speak("roster.slotKept")}</p>
      ) : props.isOver ? (
        <p className="i2">{speak("roster.slotOver")}</p>
      ) : (
        <section className="part">
          <p>{speak("roster.slotCloseMore")}</p>
          <SaveRow
            isBusy={act.isBusy}
            save={speak("roster.slotClose")}
            onCancel={props.onClose}
            onSave={() =>
              act.run(async () => {
                await office.roster.closeSlot(props.slot.id);
                props.onClose();
                props.onClosed();
              })
            }
          />
        </section>
      )}
    </Dialog>
  );
}
