// Consultations over fetch, and what the events socket says of them.

import { ApiFailure, type RoomToken } from "../protocol/api";
import {
  attachmentFrom,
  attachmentsFrom,
  consultationFrom,
  consultationsFrom,
  directoryFrom,
  messagesFrom,
  type Adoption,
  type CaseAttachment,
  type CaseMessage,
  type Consultation,
  type DeclineReason,
  type DirectorySpecialty,
} from "../protocol/consultation";
import {
  opinionCheckFrom,
  opinionFrom,
  templatesFrom,
  tidied,
  type OpinionCheck,
  type OpinionTemplate,
  type OpinionText,
  type OpinionView,
} from "../protocol/opinion";
import { call, callForBytes, part, query } from "./call";
import type { Box, CaseRequest, Consultations, LadderStep, NewAttachment, SigningProof } from "./consult_ports";
import { watchEvents } from "./events_socket";
import { answerOfKey } from "./passkey";

const ROOT = "/api/v1/consultations";
/** Eight mebibytes over a township's line of 2 Mbit/s upwards. */
const UPLOAD_LIMIT_MS = 60_000;

/** A case out of an answer; one that cannot be read is a fault of the service. */
function caseOf(answer: unknown): Consultation {
  const one = consultationFrom(answer, Date.now());
  if (one === null) throw new ApiFailure(502, "unreadable", null, {});
  return one;
}

async function base64Of(content: Blob): Promise<string> {
  const bytes = new Uint8Array(await content.arrayBuffer());
  let text = "";
  // A piece at a time: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

export class RestConsultations implements Consultations {
  async #act(id: string, act: string, body: object = {}): Promise<Consultation> {
    return caseOf(await call("POST", `${ROOT}/${part(id)}/${act}`, body));
  }

  async directory(): Promise<DirectorySpecialty[]> {
    return directoryFrom(await call("GET", "/api/v1/directory"));
  }

  async list(box: Box): Promise<Consultation[]> {
    return consultationsFrom(await call("GET", `${ROOT}${query({ box })}`), Date.now());
  }

  async get(id: string): Promise<Consultation> {
    return caseOf(await call("GET", `${ROOT}/${part(id)}`));
  }

  async create(request: CaseRequest): Promise<Consultation> {
    return caseOf(await call("POST", ROOT, request));
  }

  async amend(id: string, change: Partial<CaseRequest>): Promise<Consultation> {
    return caseOf(await call("PATCH", `${ROOT}/${part(id)}`, change));
  }

  invite(id: string): Promise<Consultation> {
    return this.#act(id, "invite");
  }

  accept(id: string): Promise<Consultation> {
    return this.#act(id, "accept");
  }

  decline(id: string, reason: DeclineReason, note: string): Promise<Consultation> {
    return this.#act(id, "decline", { reason, note });
  }

  pass(id: string): Promise<Consultation> {
    return this.#act(id, "pass");
  }

  recall(id: string): Promise<Consultation> {
    return this.#act(id, "recall");
  }

  transfer(id: string, to: { person?: string; specialty?: string; reason: string }): Promise<Consultation> {
    return this.#act(id, "transfer", to);
  }

  cancel(id: string, reason: string, note: string): Promise<Consultation> {
    return this.#act(id, "cancel", { reason, note });
  }

  async enter(id: string): Promise<RoomToken> {
    return (await call("POST", `${ROOT}/${part(id)}/room`, {})) as RoomToken;
  }

  addParty(id: string, person: string): Promise<Consultation> {
    return this.#act(id, "parties", { person });
  }

  admit(id: string, person: string): Promise<Consultation> {
    return this.#act(id, `parties/${part(person)}/admit`);
  }

  async removeParty(id: string, person: string): Promise<Consultation> {
    return caseOf(await call("DELETE", `${ROOT}/${part(id)}/parties/${part(person)}`));
  }

  handHost(id: string, person: string): Promise<Consultation> {
    return this.#act(id, "host", { person });
  }

  async messages(id: string): Promise<CaseMessage[]> {
    return messagesFrom(await call("GET", `${ROOT}/${part(id)}/messages`));
  }

  async say(id: string, text: string): Promise<void> {
    await call("POST", `${ROOT}/${part(id)}/messages`, { text });
  }

  async attachments(id: string): Promise<CaseAttachment[]> {
    return attachmentsFrom(await call("GET", `${ROOT}/${part(id)}/attachments`));
  }

  async attach(id: string, file: NewAttachment): Promise<CaseAttachment> {
    const body = {
      kind: file.kind,
      name: file.name,
      media_type: file.media_type,
      content_base64: await base64Of(file.content),
      ...(file.replies_to === undefined ? {} : { replies_to: file.replies_to }),
    };
    return attachmentFrom(await call("POST", `${ROOT}/${part(id)}/attachments`, body, { limit_ms: UPLOAD_LIMIT_MS }));
  }

  async content(id: string, attachment: string): Promise<Blob> {
    return await callForBytes(`${ROOT}/${part(id)}/attachments/${part(attachment)}`, UPLOAD_LIMIT_MS);
  }

  async opinion(id: string): Promise<OpinionView | null> {
    try {
      return opinionFrom(await call("GET", `${ROOT}/${part(id)}/opinion`));
    } catch (error) {
      // Nothing is written yet.
      if (error instanceof ApiFailure && error.status === 404) return null;
      throw error;
    }
  }

  async templates(id: string): Promise<OpinionTemplate[]> {
    return templatesFrom(await call("GET", `${ROOT}/${part(id)}/opinion/templates`));
  }

  async saveOpinion(id: string, opinion: OpinionText, version: number): Promise<OpinionView | null> {
    const { findings, advice, critical_value, template } = tidied(opinion);
    const body = { findings, advice, critical_value, template, version };
    return opinionFrom(await call("PUT", `${ROOT}/${part(id)}/opinion`, body));
  }

  sign(id: string, proof: SigningProof, version: number): Promise<Consultation> {
    return this.#act(id, "opinion/sign", { ...proof, version });
  }

  async signWithKey(id: string, version: number): Promise<Consultation> {
    const asked = () => call("POST", `${ROOT}/${part(id)}/opinion/sign/options`, { version });
    return this.#act(id, "opinion/sign", { passkey: await answerOfKey(asked), version });
  }

  async checkOpinion(id: string): Promise<OpinionCheck | null> {
    return opinionCheckFrom(await call("GET", `${ROOT}/${part(id)}/opinion/check`));
  }

  acknowledge(
    id: string,
    adoption: Adoption,
    items: readonly { adopted: boolean; reason: string }[],
  ): Promise<Consultation> {
    return this.#act(id, "acknowledge", { adoption, items });
  }

  async reportLadder(id: string, step: LadderStep): Promise<void> {
    await call("POST", `${ROOT}/${part(id)}/ladder`, step);
  }

  pdfAddress(id: string): string {
    return `${ROOT}/${part(id)}/opinion.pdf`;
  }

  watch(onCase: (id: string) => void, onLink: (isOpen: boolean) => void): () => void {
    return watchEvents((push) => {
      if (push.type === "case") onCase(push.case);
    }, onLink);
  }
}
