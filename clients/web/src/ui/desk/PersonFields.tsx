// What is written of a person, new or changed: who they are, and their roles.

import { ROLES, type Role } from "../../protocol/session";
import type { NewPerson } from "../../protocol/staff";
import { PickMany, TextField } from "../forms";
import { useWorld } from "../world";

export type PersonFacts = Omit<NewPerson, "roles">;

export function PersonFields({ facts, onChange }: { facts: PersonFacts; onChange: (facts: PersonFacts) => void }) {
  const { speak } = useWorld();
  const set = (change: Partial<PersonFacts>): void => onChange({ ...facts, ...change });
  return (
    <>
      <TextField
        label={speak("people.name")}
        value={facts.name}
        maxLength={100}
        isFirst
        onChange={(name) => set({ name })}
      />
      <div className="pair">
        <TextField
          label={speak("people.job")}
          value={facts.title}
          maxLength={60}
          onChange={(title) => set({ title })}
        />
        <TextField
          label={speak("people.specialty")}
          value={facts.specialty}
          maxLength={60}
          onChange={(specialty) => set({ specialty })}
        />
      </div>
      <TextField
        label={speak("people.phone")}
        type="tel"
        value={facts.phone}
        maxLength={40}
        onChange={(phone) => set({ phone })}
      />
    </>
  );
}

export function RolePicks(props: { roles: readonly Role[]; onChange: (roles: Role[]) => void }) {
  const { speak } = useWorld();
  return (
    <PickMany
      label={speak("people.roles")}
      values={props.roles}
      options={ROLES.map((role) => ({ value: role, label: speak(`role.${role}`) }))}
      onChange={props.onChange}
    />
  );
}
