// Enrolling a kiosk or an ambulance's tablet: type the code, a key is made here, and the service knows this device.

import { useState, type SubmitEvent } from "react";
import { deviceCode } from "../protocol/device_words";
import { timeOfDay } from "../protocol/times";
import type { EnrolledDevice } from "../io/desk_ports";
import { Refused, TextField } from "./forms";
import { Gate } from "./Gate";
import { Icon } from "./Icon";
import { useActing, useLoaded } from "./hooks";
import { shortHash } from "../protocol/trace";
import { offsetWords } from "./words";
import { useWorld } from "./world";

/** Letters and digits of a code (signaling/auth/devices.py). */
const CODE_CHARACTERS = 8;

export function DeviceEnrolment({ code }: { code: string }) {
  const { doors, speak } = useWorld();
  const kept = useLoaded("enrolled", () => doors.enrolled());
  const [fresh, setFresh] = useState<EnrolledDevice | null>(null);
  const [isAgain, setAgain] = useState(code !== "");
  if (fresh !== null) return <Enrolled device={fresh} isFresh onAgain={() => setFresh(null)} />;
  if (!isAgain && kept.value === null && kept.failure === null && kept.loadedAt_ms === null)
    return (
      <Gate title={speak("device.enrol.title")}>{kept.isSlow && <p className="i2">{speak("app.loading")}</p>}</Gate>
    );
  if (!isAgain && kept.failure !== null) {
    return (
      <Gate title={speak("device.enrol.refused")}>
        <Refused failure={kept.failure} />
        <button type="button" className="btn act big" onClick={kept.reload}>
          {speak("device.enrol.try")}
        </button>
        <button type="button" className="btn full" onClick={() => setAgain(true)}>
          {speak("device.enrol.again")}
        </button>
      </Gate>
    );
  }
  if (!isAgain && kept.value !== null)
    return <Enrolled device={kept.value} isFresh={false} onAgain={() => setAgain(true)} />;
  return <CodeEntry code={code} onEnrolled={setFresh} />;
}

function CodeEntry(props: { code: string; onEnrolled: (device: EnrolledDevice) => void }) {
  const { doors, speak } = useWorld();
  const [code, setCode] = useState(props.code);
  const [isShort, setShort] = useState(false);
  const act = useActing();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const isWhole = deviceCode(code).length === CODE_CHARACTERS;
    setShort(!isWhole);
    if (isWhole) act.run(async () => props.onEnrolled(await doors.enrol(code)));
  };
  return (
    <Gate title={speak("device.enrol.title")} lead={speak("device.enrol.lead")}>
      <form className="gate-form" onSubmit={submit} noValidate>
        <TextField
          label={speak("device.enrol.code")}
          value={code}
          isBig
          isFirst
          maxLength={20}
          onChange={(typed) => {
            setCode(typed.toUpperCase());
            setShort(false);
          }}
        />
        <Refused failure={act.failure} fault={isShort ? speak("device.enrol.codeShort") : null} />
        <button type="submit" className="btn act big" disabled={act.isBusy}>
          {speak(act.isBusy ? "device.enrol.making" : "device.enrol.make")}
        </button>
        <p className="fine row top-row">
          <Icon name="lock" size={16} />
          <span>{speak("device.enrol.key")}</span>
        </p>
      </form>
    </Gate>
  );
}

function Enrolled(props: { device: EnrolledDevice; isFresh: boolean; onAgain: () => void }) {
  const { doors, speak } = useWorld();
  const [now, setNow] = useState(props.device);
  const [triedAt_ms, setTriedAt] = useState<number | null>(null);
  const act = useActing();
  const { device, clock } = now;
  const tryIt = (): void =>
    act.run(async () => {
      setNow(await doors.tryDevice());
      setTriedAt(Date.now());
    });
  return (
    <Gate title={speak(props.isFresh ? "device.enrol.done" : "device.enrol.already")}>
      <dl className="facts">
        <dt>{speak("device.enrol.name")}</dt>
        <dd>
          <b>{device.name}</b>
          <span className="i2">{speak(`device.kind.${device.kind}`)}</span>
        </dd>
        <dt>{speak("device.enrol.clock")}</dt>
        <dd>
          {clock.is_off ? (
            <span className="refusal">
              <span className="tri" aria-hidden="true" />
              <b>{clock.sentence}</b>
            </span>
          ) : (
            speak("device.enrol.clockGood", { offset: offsetWords(clock.offset_ms), error: clock.error_ms })
          )}
        </dd>
        <dt>{speak("device.enrol.keyPrint")}</dt>
        <dd>
          <code>{shortHash(device.key_sha256)}</code>
        </dd>
      </dl>
      {triedAt_ms !== null && (
        <p className="done" role="status">
          <Icon name="check" size={18} />
          {speak("device.enrol.tried", { time: timeOfDay(new Date(triedAt_ms)) })}
        </p>
      )}
      <Refused failure={act.failure} />
      <button type="button" className="btn act big" disabled={act.isBusy} onClick={tryIt}>
        {speak("device.enrol.try")}
      </button>
      <button type="button" className="btn full" onClick={props.onAgain}>
        {speak("device.enrol.again")}
      </button>
    </Gate>
  );
}
