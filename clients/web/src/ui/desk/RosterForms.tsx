// The forms that put a doctor on duty and that open a slot: specialty, doctor, from when, until when.

import { useState, type ReactNode, type SubmitEvent } from "react";
import {
  DUTY_LINES,
  fieldOfMoment,
  momentOfField,
  presetOf,
  presetOn,
  SHIFT_PRESETS,
  type DutyLine,
  type NamedCode,
  type Stretch,
} from "../../protocol/roster";
import type { Person } from "../../protocol/staff";
import { Pick, Refused, Select, TextField } from "../forms";
import { useActing, useLoaded } from "../hooks";
import { Dialog } from "../pieces";
import { useWorld } from "../world";

interface FormProps {
  codes: readonly NamedCode[];
  nameOf: (code: string) => string;
  /** A moment of the day that is offered first. */
  day_ms: number;
  onClose: () => void;
  onAdded: () => void;
}

const HALF_HOUR_MS = 30 * 60_000;

/** Who can be on duty: those who can accept a consultation. */
function useExperts(): readonly Person[] | null {
  const { office } = useWorld();
  const loaded = useLoaded("experts", async () => {
    const filter = { name: "", state: "active" as const, after: "" };
    const pages = await Promise.all(
      (["specialist", "duty_expert"] as const).map((role) => office.people({ ...filter, role })),
    );
    const people = new Map(pages.flatMap((page) => page.people).map((person) => [person.id, person]));
    return [...people.values()].sort((a, b) => a.name.localeCompare(b.name, "zh-CN"));
  });
  return loaded.value;
}

/** What both forms ask for; `children` is what one of them asks besides. */
function DutyForm(
  props: FormProps & {
    title: string;
    span: Stretch;
    hint: string;
    presets?: (span: Stretch, set: (span: Stretch) => void) => ReactNode;
    children?: ReactNode;
    save: (specialty: string, person: string, span: Stretch) => Promise<void>;
  },
) {
  const { speak } = useWorld();
  const experts = useExperts();
  const [specialty, setSpecialty] = useState("");
  const [person, setPerson] = useState("");
  const [from, setFrom] = useState(fieldOfMoment(props.span.from_ms));
  const [until, setUntil] = useState(fieldOfMoment(props.span.until_ms));
  const [fault, setFault] = useState<string | null>(null);
  const act = useActing();
  const span = { from_ms: momentOfField(from) ?? 0, until_ms: momentOfField(until) ?? 0 };
  const chosen = specialty === "" ? (props.codes[0]?.code ?? "") : specialty;
  // Doctors of the specialty come first: on the roster of cardiology one looks for a cardiologist.
  const words = props.codes.find((one) => one.code === chosen)?.name;
  const isOf = (one: Person): boolean => words !== undefined && [words.zh, words.en].includes(one.specialty);
  const doctors = [...(experts ?? []).filter(isOf), ...(experts ?? []).filter((one) => !isOf(one))];
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const wrong =
      person === ""
        ? speak("app.needed", { what: speak("roster.person") })
        : span.from_ms === 0 || span.until_ms === 0
          ? speak("roster.timesMissing")
          : null;
    setFault(wrong);
    if (wrong !== null) return;
    act.run(async () => {
      await props.save(chosen, person, span);
      props.onAdded();
    });
  };
  return (
    <Dialog title={props.title} kind="drawer" onClose={props.onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        <Select
          label={speak("roster.place")}
          value={chosen}
          options={props.codes.map((one) => ({ value: one.code, label: props.nameOf(one.code) }))}
          onChange={setSpecialty}
        />
        {props.children}
        {experts !== null && experts.length === 0 ? (
          <p className="refusal">{speak("roster.noExperts")}</p>
        ) : (
          <Select
            label={speak("roster.person")}
            value={person}
            options={[
              { value: "", label: speak("roster.choosePerson") },
              ...doctors.map((one) => ({
                value: one.id,
                label: [one.name, one.title, one.specialty].filter((word) => word !== "").join(" "),
              })),
            ]}
            onChange={setPerson}
          />
        )}
        {props.presets?.(span, (usual) => {
          setFrom(fieldOfMoment(usual.from_ms));
          setUntil(fieldOfMoment(usual.until_ms));
        })}
        <TextField label={speak("roster.from")} type="datetime-local" value={from} onChange={setFrom} />
        <TextField
          label={speak("roster.until")}
          type="datetime-local"
          value={until}
          hint={props.hint}
          onChange={setUntil}
        />
        <Refused failure={act.failure} fault={fault} />
        <button type="submit" className="btn act full" disabled={act.isBusy}>
          {act.isBusy ? speak("app.saving") : props.title}
        </button>
      </form>
    </Dialog>
  );
}

export function ShiftForm(props: FormProps) {
  const { office, speak } = useWorld();
  const [line, setLine] = useState<"1" | "2">("1");
  return (
    <DutyForm
      {...props}
      title={speak("roster.add")}
      span={presetOn(props.day_ms, "day")}
      hint={speak("roster.untilHint")}
      presets={(span, set) => (
        <Pick
          label={speak("roster.preset")}
          value={presetOf(span)}
          columns={3}
          options={SHIFT_PRESETS.map((one) => ({ value: one, label: speak(`roster.preset.${one}`) }))}
          onChange={(preset) => set(presetOn(span.from_ms === 0 ? props.day_ms : span.from_ms, preset))}
        />
      )}
      save={(specialty, person, span) =>
        office.roster.addShift({ specialty, person, line: Number(line) as DutyLine, ...span })
      }
    >
      <Pick
        label={speak("roster.line")}
        value={line}
        options={DUTY_LINES.map((one) => ({ value: `${one}` as const, label: speak(`roster.line.${one}`) }))}
        onChange={setLine}
      />
    </DutyForm>
  );
}

export function SlotForm(props: FormProps) {
  const { office, speak } = useWorld();
  const next_ms = Math.ceil(props.day_ms / HALF_HOUR_MS) * HALF_HOUR_MS;
  return (
    <DutyForm
      {...props}
      title={speak("roster.slotAdd")}
      span={{ from_ms: next_ms, until_ms: next_ms + HALF_HOUR_MS }}
      hint={speak("roster.slotHint")}
      save={(specialty, person, span) => office.roster.openSlot({ specialty, person, ...span })}
    />
  );
}
