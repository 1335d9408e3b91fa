// Patients, consents and self-tests over the API, as a kiosk uses them.

import { isRecord } from "../protocol/api";
import {
  standingFrom,
  textsFrom,
  type ConsentBody,
  type ConsentText,
  type Giver,
  type Standing,
} from "../protocol/consent_sheet";
import { clockOffset, selfTestFrom, type KnownSelfTest, type SelfTest } from "../protocol/selftest";
import { call, part, query } from "./call";
import { openDeviceSession } from "./doors";
import { lineFrom, RestPatients } from "./patients";
import type { KioskDesk, NewPatient, PatientLine } from "./kiosk_ports";

const SELFTEST = "/api/v1/devices/selftest";

export class RestKioskDesk extends RestPatients implements KioskDesk {
  async notePatient(patient: NewPatient): Promise<PatientLine> {
    return lineFrom((await call("POST", "/api/v1/patients", patient)) as Record<string, unknown>);
  }

  async consentTexts(language: "zh" | "en"): Promise<ConsentText[]> {
    return textsFrom(await call("GET", "/api/v1/consents/texts"), language);
  }

  async standing(patient: string, case_: string): Promise<Standing[]> {
    return standingFrom(await call("GET", `/api/v1/consents${query({ patient, case: case_ })}`));
  }

  async giveConsents(body: ConsentBody): Promise<void> {
    await call("POST", "/api/v1/consents", body);
  }

  async withdraw(consent: string, giver: Giver, giver_name: string): Promise<void> {
    const body = { how: "voice", given_by: giver, giver_name };
    await call("POST", `/api/v1/consents/${part(consent)}/withdraw`, body);
  }

  async lastSelfTest(): Promise<{ last: KnownSelfTest | null; clock_offset_ms: number }> {
    const sent_ms = Date.now();
    const answer = await this.#asKiosk("GET");
    const received_ms = Date.now();
    const server_ms = isRecord(answer) && typeof answer["server_now_ms"] === "number" ? answer["server_now_ms"] : NaN;
    return { last: selfTestFrom(answer), clock_offset_ms: clockOffset(sent_ms, server_ms, received_ms) };
  }

  async reportSelfTest(test: SelfTest): Promise<KnownSelfTest | null> {
    const body = { ...test.results, clock_offset_ms: test.clock_offset_ms };
    return selfTestFrom(await this.#asKiosk("POST", body));
  }

  /** An enrolled kiosk speaks for itself, also at night when nobody is signed in; another one by whoever is. */
  async #asKiosk(method: string, body?: object): Promise<unknown> {
    const session = await openDeviceSession().catch(() => null);
    return call(method, SELFTEST, body, session === null ? {} : { bearer: session.token });
  }
}
