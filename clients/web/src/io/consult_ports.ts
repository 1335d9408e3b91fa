// What the pages of a consultation need from the service, as an interface; the real one is consultations.ts. Every call
// rejects with ApiFailure and nothing else. Acts resolve to the case as it stands after them.

import type { RoomToken } from "../protocol/api";
import type {
  Adoption,
  AttachmentKind,
  CaseAttachment,
  CaseMessage,
  CaseKind,
  Consultation,
  DeclineReason,
  DirectorySpecialty,
  Urgency,
} from "../protocol/consultation";
import type { OpinionCheck, OpinionTemplate, OpinionText, OpinionView } from "../protocol/opinion";

export type Box = "incoming" | "work" | "mine" | "past";

/** What the inviting side asks for. */
export interface CaseRequest {
  patient: string;
  /** The hospital that is asked. */
  institution: string;
  kind: CaseKind;
  urgency: Urgency;
  specialty: string;
  wanted_title: string;
  reason: string;
  purpose: string;
  summary: string;
  wanted_at_ms?: number;
  slot?: string;
}

export interface NewAttachment {
  kind: AttachmentKind;
  name: string;
  media_type: string;
  content: Blob;
  replies_to?: string;
}

/**
 * What is given besides the session to sign: a code, or the password where the account has no second factor. A key is
 * asked by `signWithKey`.
 */
export type SigningProof = { code: string } | { password: string };

export interface LadderStep {
  step: number;
  /** Why, as a word: link | hear | see | recovered. */
  cause: string;
  /** Whose page reported it; left out when it is the link of the page itself. */
  receiver?: string;
}

export interface Consultations {
  directory(): Promise<DirectorySpecialty[]>;
  list(box: Box): Promise<Consultation[]>;
  get(id: string): Promise<Consultation>;
  create(request: CaseRequest): Promise<Consultation>;
  amend(id: string, change: Partial<CaseRequest>): Promise<Consultation>;
  invite(id: string): Promise<Consultation>;
  accept(id: string): Promise<Consultation>;
  decline(id: string, reason: DeclineReason, note: string): Promise<Consultation>;
  pass(id: string): Promise<Consultation>;
  recall(id: string): Promise<Consultation>;
  transfer(id: string, to: { person?: string; specialty?: string; reason: string }): Promise<Consultation>;
  cancel(id: string, reason: string, note: string): Promise<Consultation>;
  /** The way into the case's room; 409 room_waiting puts the caller into the waiting room. */
  enter(id: string): Promise<RoomToken>;
  addParty(id: string, person: string): Promise<Consultation>;
  admit(id: string, person: string): Promise<Consultation>;
  removeParty(id: string, person: string): Promise<Consultation>;
  handHost(id: string, person: string): Promise<Consultation>;
  messages(id: string): Promise<CaseMessage[]>;
  say(id: string, text: string): Promise<void>;
  attachments(id: string): Promise<CaseAttachment[]>;
  attach(id: string, file: NewAttachment): Promise<CaseAttachment>;
  /** The bytes of an attachment. */
  content(id: string, attachment: string): Promise<Blob>;
  opinion(id: string): Promise<OpinionView | null>;
  templates(id: string): Promise<OpinionTemplate[]>;
  /** `version`: of the draft that was read, 0 for none; where another was saved since, it is refused. */
  saveOpinion(id: string, opinion: OpinionText, version: number): Promise<OpinionView | null>;
  sign(id: string, proof: SigningProof, version: number): Promise<Consultation>;
  /** Has the browser ask for the security key, for this version of the draft. */
  signWithKey(id: string, version: number): Promise<Consultation>;
  /** Whether the signed opinion is what was signed, looked at now; null where the answer says nothing. */
  checkOpinion(id: string): Promise<OpinionCheck | null>;
  acknowledge(
    id: string,
    adoption: Adoption,
    items: readonly { adopted: boolean; reason: string }[],
  ): Promise<Consultation>;
  reportLadder(id: string, step: LadderStep): Promise<void>;
  /** The address of the signed opinion as PDF. */
  pdfAddress(id: string): string;
  /** Says which case changed until the returned function is called; `onLink` when the socket opens or closes. */
  watch(onCase: (id: string) => void, onLink: (isOpen: boolean) => void): () => void;
}
