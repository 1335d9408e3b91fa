// Kiosks, ambulances and gateways: their codes, when they were last heard of, how their clocks stand, revocation.

import { useState, type SubmitEvent } from "react";
import {
  DEVICE_KINDS,
  deviceStanding,
  type Device,
  type DeviceCode,
  type DeviceKind,
  type DeviceStanding,
} from "../../protocol/staff";
import { shortHash } from "../../protocol/trace";
import { OnceCode, Pick, Refused, SaveRow, TextField } from "../forms";
import { Icon } from "../Icon";
import { useActing, useNow } from "../hooks";
import { Dialog } from "../pieces";
import { agoWords, momentWords, offsetWords } from "../words";
import { useWorld } from "../world";
import { AddButton, Facts, Head, Listed, ListTable, RowOpen, usePages } from "./frame";

const TONES: Readonly<Record<DeviceStanding, string>> = {
  waiting: "tag line",
  ended: "tag",
  never: "tag warn",
  silent: "tag warn",
  clock: "tag warn",
  good: "tag ok",
};

function StandingTag({ device, now_ms }: { device: Device; now_ms: number }) {
  const { speak } = useWorld();
  const standing = deviceStanding(device, now_ms);
  return (
    <span className={TONES[standing]}>
      {TONES[standing] === "tag warn" && <span className="tri" aria-hidden="true" />}
      {speak(`devices.state.${standing}`)}
    </span>
  );
}

/** The offset with its error, or a dash while nothing is known. */
function useClockWords(): (device: Device) => string {
  const { speak } = useWorld();
  return (device) =>
    device.clock_offset_ms === null
      ? speak("app.dash")
      : speak("devices.offset", {
          value: offsetWords(device.clock_offset_ms),
          error: device.clock_error_ms ?? 0,
        });
}

export function Devices() {
  const { office, speak } = useWorld();
  const now_ms = useNow(30_000);
  const clockWords = useClockWords();
  const pages = usePages<Device>("devices", async (cursor) => {
    const page = await office.devices(cursor);
    return { items: page.devices, next: page.next };
  });
  const [openId, setOpenId] = useState<string | null>(null);
  const [isAdding, setAdding] = useState(false);
  const count = pages.items?.length ?? 0;
  const opened = pages.items?.find((one) => one.id === openId) ?? null;
  return (
    <>
      <Head title={speak("devices.title")} count={count === 0 ? undefined : speak("devices.count", { count })}>
        <AddButton label={speak("devices.add")} onClick={() => setAdding(true)} />
      </Head>
      <Listed
        pages={pages}
        failed={speak("admin.failed")}
        empty={speak("devices.empty")}
        emptyMore={speak("devices.emptyMore")}
      >
        {(devices) => (
          <ListTable
            columns={[speak("devices.name"), speak("devices.state"), speak("devices.seen"), speak("devices.clock")]}
          >
            {devices.map((device) => (
              <tr key={device.id} className={device.state === "ended" ? "over" : undefined}>
                <td>
                  <RowOpen onOpen={() => setOpenId(device.id)}>{device.name}</RowOpen>
                  <span className="i2 sub">{speak(`device.kind.${device.kind}`)}</span>
                </td>
                <td data-label={speak("devices.state")}>
                  <StandingTag device={device} now_ms={now_ms} />
                </td>
                <td data-label={speak("devices.seen")} className="nb">
                  {device.seen_at_ms === null ? (
                    <span className="i3">{speak("devices.never")}</span>
                  ) : (
                    agoWords(device.seen_at_ms, now_ms, speak)
                  )}
                </td>
                <td data-label={speak("devices.clock")} className="nb">
                  {clockWords(device)}
                </td>
              </tr>
            ))}
          </ListTable>
        )}
      </Listed>
      {opened !== null && (
        <DevicePane device={opened} now_ms={now_ms} onClose={() => setOpenId(null)} onChanged={pages.reload} />
      )}
      {isAdding && <AddDevice onClose={() => setAdding(false)} onAdded={pages.reload} />}
    </>
  );
}

function EnrolCode({ made }: { made: DeviceCode }) {
  const { speak } = useWorld();
  return (
    <OnceCode
      code={made.code}
      more={speak("devices.codeMore")}
      link={new URL("/#/enrol", location.origin).href}
      until={speak("admin.validUntil", { time: momentWords(made.code_expires_at_ms, speak) })}
    />
  );
}

function AddDevice(props: { onClose: () => void; onAdded: () => void }) {
  const { office, speak } = useWorld();
  const [name, setName] = useState("");
  const [kind, setKind] = useState<DeviceKind>("kiosk");
  const [made, setMade] = useState<DeviceCode | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const act = useActing();
  if (made !== null) {
    return (
      <Dialog title={speak("devices.code", { name: made.device.name })} kind="drawer" onClose={props.onClose}>
        <EnrolCode made={made} />
      </Dialog>
    );
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const isEmpty = name.trim() === "";
    setFault(isEmpty ? speak("app.needed", { what: speak("devices.name") }) : null);
    if (isEmpty) return;
    act.run(async () => {
      setMade(await office.addDevice(name.trim(), kind));
      props.onAdded();
    });
  };
  return (
    <Dialog title={speak("devices.add")} kind="drawer" onClose={props.onClose}>
      <form className="stack" onSubmit={submit} noValidate>
        <TextField
          label={speak("devices.name")}
          hint={speak("devices.nameHint")}
          value={name}
          maxLength={100}
          isFirst
          onChange={setName}
        />
        <Pick
          label={speak("devices.kind")}
          value={kind}
          columns={3}
          options={DEVICE_KINDS.map((one) => ({ value: one, label: speak(`device.kind.${one}`) }))}
          onChange={setKind}
        />
        <Refused failure={act.failure} fault={fault} />
        <button type="submit" className="btn act full" disabled={act.isBusy}>
          {speak(act.isBusy ? "app.saving" : "devices.add")}
        </button>
      </form>
    </Dialog>
  );
}

function DevicePane(props: { device: Device; now_ms: number; onClose: () => void; onChanged: () => void }) {
  const { office, speak } = useWorld();
  const { device } = props;
  const clockWords = useClockWords();
  const [made, setMade] = useState<DeviceCode | null>(null);
  const [isSure, setSure] = useState(false);
  const act = useActing();
  const moment = (at_ms: number | null): string =>
    at_ms === null ? speak("devices.never") : momentWords(at_ms, speak);
  return (
    <Dialog title={device.name} kind="drawer" onClose={props.onClose}>
      <div className="row wrap">
        <StandingTag device={device} now_ms={props.now_ms} />
        <span className="i2">{speak(`device.kind.${device.kind}`)}</span>
      </div>
      <Facts
        rows={[
          [speak("devices.created"), moment(device.created_at_ms)],
          [speak("devices.enrolled"), moment(device.enrolled_at_ms)],
          [speak("devices.seen"), moment(device.seen_at_ms)],
          [speak("devices.clock"), clockWords(device)],
          [
            speak("devices.key"),
            device.key_sha256 === "" ? (
              speak("admin.none")
            ) : (
              <code key="key">{`${shortHash(device.key_sha256)} ${device.key_algorithm}`}</code>
            ),
          ],
        ]}
      />
      <Refused failure={act.failure} />
      {made !== null && <EnrolCode made={made} />}
      {device.state === "waiting" && made === null && (
        <>
          <button
            type="button"
            className="btn full"
            disabled={act.isBusy}
            onClick={() => act.run(async () => setMade(await office.newDeviceCode(device.id)))}
          >
            {speak("devices.newCode")}
          </button>
          <p className="fine">{speak("devices.newCodeMore")}</p>
        </>
      )}
      {device.state !== "ended" && !isSure && (
        <button type="button" className="btn full" onClick={() => setSure(true)}>
          <Icon name="lock" size={18} />
          {speak("devices.revokeTitle", { name: device.name })}
        </button>
      )}
      {isSure && device.state !== "ended" && (
        <section className="part">
          <h3>{speak("devices.revokeTitle", { name: device.name })}</h3>
          <p>{speak("devices.revokeMore")}</p>
          <SaveRow
            isBusy={act.isBusy}
            save={speak("devices.revoke")}
            onCancel={() => setSure(false)}
            onSave={() =>
              act.run(async () => {
                await office.revokeDevice(device.id);
                props.onChanged();
              })
            }
          />
        </section>
      )}
    </Dialog>
  );
}
