// Pages that one opens with a one-time code: first administrator, activation, invitation, a device's enrolment.

import { useState, type ReactNode, type SubmitEvent } from "react";
import type { Founding } from "../io/desk_ports";
import type { Backend } from "../io/ports";
import type { MessageKey } from "../messages/speak";
import type { Door } from "../protocol/route";
import { MIN_PASSWORD_CHARACTERS, passwordFault } from "../protocol/secrets";
import { INSTITUTION_KINDS, type InstitutionKind } from "../protocol/staff";
import { DeviceEnrolment } from "./DeviceEnrolment";
import { Refused, Select, TextField } from "./forms";
import { Gate } from "./Gate";
import { GuestDoor } from "./GuestDoor";
import { Icon } from "./Icon";
import { useActing, useLoaded } from "./hooks";
import { NewPassword } from "./Security";
import { useWorld } from "./world";

export function DoorPage({ door, openGuestBackend }: { door: Door; openGuestBackend: (token: string) => Backend }) {
  switch (door.door) {
    case "first":
      return <FirstAdministratorDoor code={door.code} />;
    case "activate":
      return <ActivationDoor code={door.code} />;
    case "invite":
      return <GuestDoor code={door.code} openGuestBackend={openGuestBackend} />;
    case "enrol":
      return <DeviceEnrolment code={door.code} />;
  }
}

/** What was done, and the way to the sign-in page. */
function Done({ title, more }: { title: string; more: string }) {
  const { speak } = useWorld();
  return (
    <Gate title={title}>
      <p className="done">
        <Icon name="check" size={20} />
        <span>{more}</span>
      </p>
      <a className="btn act big" href="#/">
        {speak("door.toSignIn")}
      </a>
    </Gate>
  );
}

/** A code typed by hand, where the address brought none. */
function CodeEntry(props: { title: string; lead: string; onCode: (code: string) => void }) {
  const { speak } = useWorld();
  const [code, setCode] = useState("");
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (code.trim() !== "") props.onCode(code.trim());
  };
  return (
    <Gate title={props.title} lead={props.lead}>
      <form className="gate-form" onSubmit={submit} noValidate>
        <TextField
          label={speak("door.code")}
          hint={speak("door.codeHint")}
          value={code}
          maxLength={64}
          isBig
          isFirst
          onChange={setCode}
        />
        <button type="submit" className="btn act big" disabled={code.trim() === ""}>
          {speak("door.next")}
        </button>
      </form>
    </Gate>
  );
}

/** A page behind a code: asks what the code is for, without using it up, and says so when it is for nothing. */
function Behind<T>(props: {
  title: string;
  lead: string;
  code: string;
  look: (code: string) => Promise<T>;
  children: (code: string, found: T) => ReactNode;
}) {
  const [code, setCode] = useState(props.code);
  if (code === "") return <CodeEntry title={props.title} lead={props.lead} onCode={setCode} />;
  return <Looked key={code} {...props} code={code} onOther={() => setCode("")} />;
}

function Looked<T>(props: {
  title: string;
  code: string;
  look: (code: string) => Promise<T>;
  onOther: () => void;
  children: (code: string, found: T) => ReactNode;
}) {
  const { speak } = useWorld();
  const found = useLoaded(props.code, async () => ({ it: await props.look(props.code) }));
  if (found.value !== null) return props.children(props.code, found.value.it);
  return (
    <Gate title={props.title}>
      {found.failure === null ? (
        found.isSlow && <p className="i2">{speak("app.loading")}</p>
      ) : (
        <>
          <Refused failure={found.failure} />
          <button
            type="button"
            className="btn act big"
            onClick={found.failure.isOffline ? found.reload : props.onOther}
          >
            {speak(found.failure.isOffline ? "app.retry" : "door.otherCode")}
          </button>
          <a className="btn full" href="#/">
            {speak("door.toSignIn")}
          </a>
        </>
      )}
    </Gate>
  );
}

/** A new password twice, with what is wrong about it; `check` says it and returns whether all is well. */
function useNewPassword(): { fresh: string; fields: ReactNode; check: () => boolean; fault: string | null } {
  const { speak } = useWorld();
  const [fresh, setFresh] = useState("");
  const [repeated, setRepeated] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const check = (): boolean => {
    const wrong = passwordFault(fresh, repeated);
    setFault(wrong === null ? null : speak(`password.fault.${wrong}`, { count: MIN_PASSWORD_CHARACTERS }));
    return wrong === null;
  };
  const fields = <NewPassword fresh={fresh} repeated={repeated} onFresh={setFresh} onRepeated={setRepeated} />;
  return { fresh, fields, check, fault };
}

function FirstAdministratorDoor({ code }: { code: string }) {
  const { doors, speak } = useWorld();
  return (
    <Behind
      title={speak("first.title")}
      lead={speak("first.lead")}
      code={code}
      look={(one) => doors.lookAtFounding(one)}
    >
      {(one, founding) => <FirstAdministratorForm code={one} founding={founding} />}
    </Behind>
  );
}

function FirstAdministratorForm({ code, founding }: { code: string; founding: Founding }) {
  const { doors, speak } = useWorld();
  const [place, setPlace] = useState("");
  const [placeCode, setPlaceCode] = useState("");
  const [kind, setKind] = useState<InstitutionKind>("hospital");
  const [name, setName] = useState("");
  const [login, setLogin] = useState("");
  const [missing, setMissing] = useState<string | null>(null);
  const [isDone, setDone] = useState(false);
  const password = useNewPassword();
  const act = useActing();
  if (isDone) return <Done title={speak("first.done")} more={speak("first.doneMore", { login: login.trim() })} />;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const needed: (readonly [string, MessageKey])[] = [
      ...(founding.needs_institution
        ? ([
            [place, "first.institutionName"],
            [placeCode, "first.institutionCode"],
          ] as const)
        : []),
      [name, "first.name"],
      [login, "first.login"],
    ];
    const empty = needed.find(([value]) => value.trim() === "")?.[1];
    setMissing(empty === undefined ? null : speak("app.needed", { what: speak(empty) }));
    if (empty !== undefined || !password.check()) return;
    act.run(async () => {
      await doors.becomeAdministrator({
        code,
        institution: founding.needs_institution ? { code: placeCode.trim(), name: place.trim(), kind } : null,
        name: name.trim(),
        login: login.trim(),
        password: password.fresh,
      });
      setDone(true);
    });
  };
  const lead = founding.needs_institution
    ? speak("first.lead")
    : speak("first.leadFor", { institution: founding.institution_name });
  return (
    <Gate title={speak("first.title")} lead={lead}>
      <form className="gate-form" onSubmit={submit} noValidate>
        {founding.needs_institution && (
          <section className="stack">
            <h2>{speak("first.institution")}</h2>
            <TextField
              label={speak("first.institutionName")}
              value={place}
              maxLength={200}
              isFirst
              onChange={setPlace}
            />
            <div className="pair">
              <TextField
                label={speak("first.institutionCode")}
                value={placeCode}
                maxLength={40}
                onChange={setPlaceCode}
              />
              <Select
                label={speak("first.institutionKind")}
                value={kind}
                options={INSTITUTION_KINDS.map((one) => ({ value: one, label: speak(`institution.kind.${one}`) }))}
                onChange={setKind}
              />
            </div>
          </section>
        )}
        <section className="stack">
          <h2>{speak("first.you")}</h2>
          <TextField label={speak("first.name")} value={name} maxLength={100} autoComplete="name" onChange={setName} />
          <TextField
            label={speak("first.login")}
            hint={speak("first.loginHint")}
            value={login}
            maxLength={64}
            autoComplete="username"
            onChange={setLogin}
          />
          {password.fields}
        </section>
        <Refused failure={act.failure} fault={missing ?? password.fault} />
        <button type="submit" className="btn act big" disabled={act.isBusy}>
          {speak(act.isBusy ? "first.making" : "first.make")}
        </button>
      </form>
    </Gate>
  );
}

function ActivationDoor({ code }: { code: string }) {
  const { doors, speak } = useWorld();
  return (
    <Behind
      title={speak("activate.title")}
      lead={speak("activate.lead")}
      code={code}
      look={(one) => doors.lookAtActivation(one)}
    >
      {(one, login) => <ActivationForm code={one} login={login} />}
    </Behind>
  );
}

function ActivationForm({ code, login }: { code: string; login: string }) {
  const { doors, speak } = useWorld();
  const [isDone, setDone] = useState(false);
  const password = useNewPassword();
  const act = useActing();
  if (isDone) return <Done title={speak("activate.done")} more={speak("activate.doneMore", { login })} />;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (!password.check()) return;
    act.run(async () => {
      await doors.activate(code, password.fresh);
      setDone(true);
    });
  };
  return (
    <Gate title={speak("activate.title")} lead={speak("activate.lead")}>
      <form className="gate-form" onSubmit={submit} noValidate>
        {/* The login stands in the form so that the browser keeps the password under it. */}
        <TextField
          label={speak("account.login")}
          value={login}
          autoComplete="username"
          isReadOnly
          onChange={() => undefined}
        />
        {password.fields}
        <Refused failure={act.failure} fault={password.fault} />
        <button type="submit" className="btn act big" disabled={act.isBusy}>
          {speak(act.isBusy ? "app.saving" : "activate.make")}
        </button>
      </form>
    </Gate>
  );
}
