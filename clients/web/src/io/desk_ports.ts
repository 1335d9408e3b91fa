// What the sign-in, administrator's and supervisor's pages need from the world, as interfaces; real ones are in this
// folder, invented ones in the mock. Every call rejects with ApiFailure and nothing else.

import type { Consultations } from "./consult_ports";
import type { Ecgs } from "./ecg_ports";
import type { Patients } from "./kiosk_ports";
import type { EcgReports } from "./ecg_report_ports";
import type { Account, Role } from "../protocol/session";
import type {
  Device,
  DeviceCode,
  DeviceKind,
  Institution,
  InstitutionKind,
  Licence,
  NewInstitution,
  NewLicence,
  NewPerson,
  OneTimeCode,
  Person,
} from "../protocol/staff";
import type { Checkpoint, LedgerVerdict, PublicKey, Setting, Webhook, WebhookSecret } from "../protocol/ledger";
import type { RightsTable } from "../protocol/rights";
import type {
  DutyPhone,
  NamedCode,
  NewShift,
  NewSlot,
  RosterFile,
  RosterFormat,
  RosterSpan,
  Slot,
  Stretch,
} from "../protocol/roster";
import type { Breakglass, EventDetail, Finding, Purpose, TraceLines, TraceSearch } from "../protocol/trace";

export interface DeskPorts {
  identity: Identity;
  doors: Doors;
  office: Office;
  traceDesk: TraceDesk;
  ledger: Ledger;
  running: Running;
  consultations: Consultations;
  ecgs: Ecgs;
  ecgReports: EcgReports;
  patients: Patients;
}

export interface TotpOffer {
  secret: string;
  uri: string;
}

export interface Passkey {
  id: string;
  name: string;
  added_at_ms: number;
}

/** The own account: second factors, password, the hospital's own sign-in. */
export interface Identity {
  giveCode(code: string): Promise<Account>;
  givePasskey(): Promise<Account>;
  offerTotp(): Promise<TotpOffer>;
  confirmTotp(code: string): Promise<Account>;
  addPasskey(name: string): Promise<Account>;
  passkeys(): Promise<Passkey[]>;
  changePassword(old: string, fresh: string): Promise<void>;
  /** The host of the hospital's identity provider; null when none is offered. */
  provider(): Promise<string | null>;
  /** Leaves the page for the identity provider: to sign in, or to link the account that is signed in. */
  leaveForProvider(why: "sign_in" | "link"): Promise<void>;
}

export interface FirstAdministrator {
  code: string;
  institution: NewInstitution | null;
  name: string;
  login: string;
  password: string;
}

export interface GuestEntry {
  token: string;
  room: string;
  identity: string;
  name: string;
}

export interface EnrolledDevice {
  device: Device;
  institution: string;
  clock: { offset_ms: number; error_ms: number; is_off: boolean; sentence: string };
}

/** What a code for a first administrator is for; the institution's name where it is there already. */
export interface Founding {
  needs_institution: boolean;
  institution_name: string;
}

/** What one does with a one-time code, before anybody is signed in. Looking leaves a code unused. */
export interface Doors {
  lookAtFounding(code: string): Promise<Founding>;
  /** Resolves to the login that the code is for. */
  lookAtActivation(code: string): Promise<string>;
  becomeAdministrator(first: FirstAdministrator): Promise<void>;
  /** Resolves to the login that the code was for. */
  activate(code: string, password: string): Promise<string>;
  acceptInvitation(code: string): Promise<GuestEntry>;
  /** Makes a key that cannot leave this browser, and tells the service its public half. */
  enrol(code: string): Promise<EnrolledDevice>;
  /** The device this browser was enrolled as; null when it was not. */
  enrolled(): Promise<EnrolledDevice | null>;
  /** Signs a challenge with the kept key: the device as the service knows it now. */
  tryDevice(): Promise<EnrolledDevice>;
}

export interface PeopleFilter {
  name: string;
  role: Role | null;
  state: "active" | "ended" | null;
  after: string;
}

/** The administrator's pages. Lists come a page at a time; `next` asks for the one after, null is the end. */
export interface Office {
  institutions(): Promise<Institution[]>;
  addInstitution(institution: NewInstitution): Promise<OneTimeCode>;
  changeInstitution(id: string, change: { name: string; kind: InstitutionKind }): Promise<void>;
  people(filter: PeopleFilter): Promise<{ people: Person[]; next: string | null }>;
  addPerson(person: NewPerson): Promise<Person>;
  changePerson(id: string, change: Omit<NewPerson, "roles">): Promise<Person>;
  setRoles(id: string, roles: readonly Role[]): Promise<void>;
  addLicence(person: string, licence: NewLicence): Promise<Licence>;
  endLicence(person: string, licence: string): Promise<void>;
  /** Makes the account, or a new code for the account that is there. */
  accountCode(person: string, login: string, isNew: boolean): Promise<OneTimeCode>;
  suspend(person: string, reason: string): Promise<void>;
  resume(person: string): Promise<void>;
  devices(cursor: string): Promise<{ devices: Device[]; next: string | null }>;
  addDevice(name: string, kind: DeviceKind): Promise<DeviceCode>;
  newDeviceCode(id: string): Promise<DeviceCode>;
  revokeDevice(id: string): Promise<void>;
  roster: RosterDesk;
}

/** Who is on duty and when somebody can be booked: the own hospital's. */
export interface RosterDesk {
  specialties(): Promise<readonly NamedCode[]>;
  shifts(span: Stretch): Promise<RosterSpan>;
  addShift(shift: NewShift): Promise<void>;
  removeShift(id: string): Promise<void>;
  phones(): Promise<readonly DutyPhone[]>;
  setPhones(phones: readonly DutyPhone[]): Promise<readonly DutyPhone[]>;
  slots(span: Stretch): Promise<readonly Slot[]>;
  openSlot(slot: NewSlot): Promise<void>;
  closeSlot(id: string): Promise<void>;
  export(span: Stretch, format: RosterFormat): Promise<RosterFile>;
  /** Takes a file, all or nothing; a refusal's facts tell the lines to mend. */
  import(format: RosterFormat, text: string): Promise<{ added: number; known: number }>;
}

export interface PurposeFor {
  institution: string;
  sequence: number;
  purpose: Purpose;
}

/** The trace: each of its answers is itself an event. */
export interface TraceDesk {
  kinds(): Promise<string[]>;
  search(search: TraceSearch): Promise<TraceLines>;
  event(which: PurposeFor): Promise<EventDetail>;
  breakglass(state: "open" | "reviewed", cursor: string): Promise<{ breakglass: Breakglass[]; next: string | null }>;
  review(id: string, finding: Finding, note: string): Promise<void>;
}

/** The proof of the ledger. */
export interface Ledger {
  checkpoints(before: string | null): Promise<{ checkpoints: Checkpoint[]; next: string | null }>;
  keys(): Promise<PublicKey[]>;
  verify(): Promise<LedgerVerdict>;
}

/** How the service is run: settings, webhooks, the table of rights. */
export interface Running {
  settings(): Promise<Setting[]>;
  changeSetting(name: string, value: string): Promise<void>;
  webhooks(): Promise<Webhook[]>;
  addWebhook(url: string, kinds: readonly string[]): Promise<WebhookSecret>;
  changeWebhook(id: string, url: string, kinds: readonly string[]): Promise<void>;
  newWebhookSecret(id: string): Promise<WebhookSecret>;
  endWebhook(id: string): Promise<void>;
  rights(): Promise<RightsTable>;
}
