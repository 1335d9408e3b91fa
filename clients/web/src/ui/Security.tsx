// The own password and second factors, from the menu of the account.

import { useState, type SubmitEvent } from "react";
import { returnFrom } from "../protocol/route";
import { MIN_PASSWORD_CHARACTERS, passwordFault, type PasswordFault } from "../protocol/secrets";
import type { Factor } from "../protocol/session";
import { day } from "../protocol/times";
import { Refused, TextField } from "./forms";
import { Icon } from "./Icon";
import { useActing, useLoaded } from "./hooks";
import { Dialog } from "./pieces";
import { Enrolment } from "./SecondFactor";
import { useWorld } from "./world";

export function Security({ onClose }: { onClose: () => void }) {
  const { account, signedIn, speak, announce } = useWorld();
  const [enrolling, setEnrolling] = useState<Factor | null>(null);
  if (account === null) return null;
  if (enrolling !== null) {
    return (
      <Dialog title={speak(`security.has.${enrolling}`)} onClose={onClose}>
        <Enrolment
          way={enrolling}
          onBack={() => setEnrolling(null)}
          onDone={(stronger) => {
            signedIn(stronger);
            announce(speak("enrol.done"));
            setEnrolling(null);
          }}
        />
      </Dialog>
    );
  }
  return (
    <Dialog title={speak("security.title")} onClose={onClose}>
      <section className="stack">
        <h3>{speak("security.factors")}</h3>
        {(["totp", "passkey"] as const).map((factor) => {
          const isOn = account.second_factors.includes(factor);
          return (
            <div key={factor} className="setting">
              <span className="row">
                <Icon name={factor === "totp" ? "phone" : "key"} size={18} />
                {speak(`security.has.${factor}`)}
                <span className={isOn ? "tag ok" : "tag"}>{speak(isOn ? "security.on" : "security.off")}</span>
              </span>
              <button type="button" className="btn small" onClick={() => setEnrolling(factor)}>
                {speak(isOn && factor === "totp" ? "security.renew" : "security.add")}
              </button>
            </div>
          );
        })}
        {account.second_factors.includes("passkey") && <OwnPasskeys />}
      </section>
      <ProviderLink />
      <PasswordChange />
    </Dialog>
  );
}

function OwnPasskeys() {
  const { identity, speak } = useWorld();
  const list = useLoaded("passkeys", () => identity.passkeys());
  return (
    <ul className="fine">
      {list.value?.map((one) => (
        <li key={one.id} className="row">
          <span>{one.name}</span>
          <span>{speak("security.addedAt", { date: day(new Date(one.added_at_ms)) })}</span>
        </li>
      ))}
    </ul>
  );
}

/** Linking the hospital's own sign-in, where one is offered. */
function ProviderLink() {
  const { identity, speak } = useWorld();
  const provider = useLoaded("provider", () => identity.provider());
  const act = useActing();
  const isBack = returnFrom(location.hash) === "linked";
  if (provider.value === null) return null;
  return (
    <section className="stack">
      {isBack && (
        <p className="done" role="status">
          <Icon name="check" size={18} />
          {speak("security.linked")}
        </p>
      )}
      <Refused failure={act.failure} />
      <button
        type="button"
        className="btn full"
        disabled={act.isBusy}
        onClick={() => act.run(() => identity.leaveForProvider("link"))}
      >
        {speak("security.link")}
      </button>
    </section>
  );
}

function PasswordChange() {
  const { identity, speak, announce } = useWorld();
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [repeated, setRepeated] = useState("");
  const [fault, setFault] = useState<PasswordFault | null>(null);
  const [isDone, setDone] = useState(false);
  const act = useActing();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const wrong = passwordFault(fresh, repeated);
    setFault(wrong);
    if (wrong !== null) return;
    act.run(async () => {
      await identity.changePassword(old, fresh);
      setDone(true);
      announce(speak("password.changed"));
      setOld("");
      setFresh("");
      setRepeated("");
    });
  };
  const count = MIN_PASSWORD_CHARACTERS;
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <h3>{speak("password.title")}</h3>
      <TextField
        label={speak("password.old")}
        type="password"
        autoComplete="current-password"
        value={old}
        onChange={setOld}
      />
      <NewPassword fresh={fresh} repeated={repeated} onFresh={setFresh} onRepeated={setRepeated} />
      <Refused failure={act.failure} fault={fault === null ? null : speak(`password.fault.${fault}`, { count })} />
      {isDone && (
        <p className="done" role="status">
          <Icon name="check" size={18} />
          {speak("password.changed")}
        </p>
      )}
      <button type="submit" className="btn act full" disabled={act.isBusy || old === "" || fresh === ""}>
        {speak(act.isBusy ? "app.saving" : "password.change")}
      </button>
    </form>
  );
}

/** A new password, twice. */
export function NewPassword(props: {
  fresh: string;
  repeated: string;
  onFresh: (value: string) => void;
  onRepeated: (value: string) => void;
}) {
  const { speak } = useWorld();
  return (
    <>
      <TextField
        label={speak("password.fresh")}
        hint={speak("password.hint", { count: MIN_PASSWORD_CHARACTERS })}
        type="password"
        autoComplete="new-password"
        value={props.fresh}
        onChange={props.onFresh}
      />
      <TextField
        label={speak("password.repeat")}
        type="password"
        autoComplete="new-password"
        value={props.repeated}
        onChange={props.onRepeated}
      />
    </>
  );
}
