// Who else sits in: the waiting room (admitted one by one), the host's chair, asking somebody in, handing on, ending.

import { useState } from "react";
import { may, type CaseParty, type Consultation } from "../../protocol/consultation";
import { useActing, useLoaded } from "../hooks";
import { Icon } from "../Icon";
import { Dialog } from "../pieces";
import { Refused } from "../forms";
import { useWorld } from "../world";
import type { CaseDialog } from "./CasePage";

export function Parties(props: {
  one: Consultation;
  onChanged: (one: Consultation) => void;
  onStale: () => void;
  onDialog: (dialog: CaseDialog) => void;
}) {
  const { one } = props;
  const { speak, consultations } = useWorld();
  const act = useActing();
  const [isAsking, setAsking] = useState(false);
  const run = (work: () => Promise<Consultation>): void =>
    act.run(async () => {
      try {
        props.onChanged(await work());
      } catch (error) {
        props.onStale();
        throw error;
      }
    });
  const shown = one.parties.filter((party) => party.state !== "removed");
  const waiting = shown.filter((party) => party.state === "waiting");
  const sitting = shown.filter((party) => party.state !== "waiting");
  const nameOf = (person: string): string =>
    [one.inviting, one.invited].find((side) => side.person === person)?.person_name ??
    one.parties.find((party) => party.person === person)?.name ??
    "";
  const hostChoices = [one.inviting, one.invited]
    .filter((side) => side.person !== "" && side.person !== one.host)
    .map((side) => ({ person: side.person, name: side.person_name }))
    .concat(sitting.filter((party) => party.state === "admitted" && party.person !== one.host));
  return (
    <section className="pane parties" aria-label={speak("s2.parties")}>
      {waiting.length > 0 && (
        <>
          <h2>{speak("s2.wait", { count: waiting.length })}</h2>
          <ul>
            {waiting.map((party) => (
              <li key={party.person} className="party">
                <PartyWords party={party} />
                {may(one, "admit") && (
                  <>
                    <button
                      type="button"
                      className="btn small act"
                      disabled={act.isBusy}
                      aria-label={speak("s2.admitName", { name: party.name })}
                      onClick={() => run(() => consultations.admit(one.id, party.person))}
                    >
                      {speak("s2.admit")}
                    </button>
                    <button
                      type="button"
                      className="btn small"
                      disabled={act.isBusy}
                      aria-label={speak("s2.turnAwayName", { name: party.name })}
                      onClick={() => run(() => consultations.removeParty(one.id, party.person))}
                    >
                      {speak("s2.turnAway")}
                    </button>
                  </>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      <div className="row wrap">
        <h2>{speak("s2.parties")}</h2>
        <span className="i2">{speak("s2.host", { name: nameOf(one.host) })}</span>
      </div>
      {sitting.length > 0 && (
        <ul>
          {sitting.map((party) => (
            <li key={party.person} className="party">
              <PartyWords party={party} />
              <span className="i2 nb">{speak(`case.word.party.${party.state}`)}</span>
              {may(one, "admit") && party.state !== "left" && party.person !== one.host && (
                <button
                  type="button"
                  className="btn small square"
                  disabled={act.isBusy}
                  aria-label={speak("s2.removeName", { name: party.name })}
                  title={speak("s2.remove")}
                  onClick={() => run(() => consultations.removeParty(one.id, party.person))}
                >
                  <Icon name="x" size={16} />
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      <Refused failure={act.failure} />
      <div className="row wrap tight">
        {may(one, "admit") && (
          <button type="button" className="btn small" onClick={() => setAsking(true)}>
            <Icon name="people" size={16} />
            {speak("s2.askIn")}
          </button>
        )}
        {may(one, "host") &&
          hostChoices.map((choice) => (
            <button
              key={choice.person}
              type="button"
              className="btn small"
              disabled={act.isBusy}
              onClick={() => run(() => consultations.handHost(one.id, choice.person))}
            >
              {speak("s2.hostTo", { name: choice.name })}
            </button>
          ))}
        {may(one, "transfer") && (
          <button type="button" className="btn small" onClick={() => props.onDialog("transfer")}>
            {speak("s2.transfer")}
          </button>
        )}
        {may(one, "cancel") && (
          <button type="button" className="btn small" onClick={() => props.onDialog("cancel")}>
            {speak("s2.cancel")}
          </button>
        )}
      </div>
      {isAsking && (
        <AskIn
          one={one}
          onClose={() => setAsking(false)}
          onAsk={(person) => {
            setAsking(false);
            run(() => consultations.addParty(one.id, person));
          }}
        />
      )}
    </section>
  );
}

function PartyWords({ party }: { party: CaseParty }) {
  return (
    <span className="party-who">
      <b>{party.name}</b>{" "}
      <span className="i3">{[party.title, party.institution_name].filter((word) => word !== "").join("\u3000")}</span>
    </span>
  );
}

/** Those on duty now: somebody who is not there cannot come in. */
function AskIn(props: { one: Consultation; onClose: () => void; onAsk: (person: string) => void }) {
  const { speak, consultations, language } = useWorld();
  const directory = useLoaded("directory", () => consultations.directory());
  const known = new Set([
    props.one.inviting.person,
    props.one.invited.person,
    ...props.one.parties.map((one) => one.person),
  ]);
  const people = new Map(
    (directory.value ?? []).flatMap((specialty) =>
      specialty.on_duty
        .filter((person) => !known.has(person.person))
        .map((person) => [person.person, { ...person, specialty }] as const),
    ),
  );
  return (
    <Dialog title={speak("s2.askIn")} onClose={props.onClose}>
      <p className="i2">{speak("s2.askInMore")}</p>
      <Refused failure={directory.failure} />
      {directory.value !== null && people.size === 0 && <p>{speak("s2.askInNone")}</p>}
      <ul className="party-list">
        {[...people.values()].map((person) => (
          <li key={person.person}>
            <button type="button" className="btn full" onClick={() => props.onAsk(person.person)}>
              <b>{person.name}</b>
              <span className="i2">
                {[
                  person.specialty.name[language === "en" ? "en" : "zh"],
                  person.title,
                  person.specialty.institution_name,
                ]
                  .filter((word) => word !== "")
                  .join("\u3000")}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
