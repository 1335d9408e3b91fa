// What one does with a one-time code, over the API: first administrator, activation, invitation, a device's enrolment.

import { ApiFailure, isRecord } from "../protocol/api";
import { deviceCode, enrolmentText, sessionText } from "../protocol/device_words";
import { call } from "./call";
import type { Doors, EnrolledDevice, FirstAdministrator, Founding, GuestEntry } from "./desk_ports";
import { canMakeKeys, keepKey, keptKey, makeKey, sign } from "./device_key";

const loginOf = (answer: unknown): string =>
  isRecord(answer) && typeof answer["login"] === "string" ? answer["login"] : "";

export class RestDoors implements Doors {
  async lookAtFounding(code: string): Promise<Founding> {
    return (await call("POST", "/api/v1/first-administrator/look", { code })) as Founding;
  }

  async lookAtActivation(code: string): Promise<string> {
    return loginOf(await call("POST", "/api/v1/session/activation/look", { code }));
  }

  async becomeAdministrator(first: FirstAdministrator): Promise<void> {
    const { institution, ...rest } = first;
    await call("POST", "/api/v1/first-administrator", institution === null ? rest : first);
  }

  async activate(code: string, password: string): Promise<string> {
    return loginOf(await call("POST", "/api/v1/session/activation", { code, password }));
  }

  async acceptInvitation(code: string): Promise<GuestEntry> {
    return (await call("POST", "/api/v1/invitations/accept", { code })) as GuestEntry;
  }

  async enrol(code: string): Promise<EnrolledDevice> {
    if (!canMakeKeys()) throw new ApiFailure(400, "device_insecure", null, {});
    const { algorithm, key, publicKey } = await makeKey();
    const device_time_ms = Date.now();
    const enrolled = (await call("POST", "/api/v1/devices/enrol", {
      code: deviceCode(code),
      algorithm,
      public_key: publicKey,
      device_time_ms,
      proof: await sign(algorithm, key, enrolmentText(code, publicKey, device_time_ms)),
    })) as EnrolledDevice;
    await keepKey({ device: enrolled.device.id, algorithm, key }).catch(() => {
      throw new ApiFailure(400, "device_not_kept", null, {});
    });
    return enrolled;
  }

  async enrolled(): Promise<EnrolledDevice | null> {
    if (!canMakeKeys() || (await keptKey().catch(() => null)) === null) return null;
    return this.tryDevice();
  }

  async tryDevice(): Promise<EnrolledDevice> {
    const { device, clock } = await openDeviceSession();
    return { institution: "", device, clock };
  }
}

/** Proves that this browser holds a device's key and gets a session for it; `token` is the bearer of its requests. */
export async function openDeviceSession(): Promise<Omit<EnrolledDevice, "institution"> & { token: string }> {
  const kept = await keptKey().catch(() => null);
  if (kept === null) throw new ApiFailure(404, "device_unknown_here", null, {});
  const { device, algorithm, key } = kept;
  const { challenge } = (await call("POST", "/api/v1/devices/challenge", { device })) as { challenge: string };
  const received_at_ms = Date.now();
  const sent_at_ms = Date.now();
  const signature = await sign(algorithm, key, sessionText(device, challenge, received_at_ms, sent_at_ms));
  const signed = { device, challenge, received_at_ms, sent_at_ms, signature };
  return (await call("POST", "/api/v1/devices/session", signed)) as Omit<EnrolledDevice, "institution"> & {
    token: string;
  };
}
