// Patients over the API, as whoever treats them looks for them.

import { isRecord } from "../protocol/api";
import { call } from "./call";
import type { FoundPatients, PatientLine, Patients } from "./kiosk_ports";

const SEXES: readonly PatientLine["sex"][] = ["male", "female", "other", "unknown"];

export function lineFrom(value: Record<string, unknown>): PatientLine {
  const text = (name: string): string => (typeof value[name] === "string" ? value[name] : "");
  const birth = value["birth_year"];
  return {
    id: text("id"),
    name: text("name"),
    card_end: text("card_end") || text("card_number").slice(-4),
    sex: SEXES.find((one) => one === value["sex"]) ?? "unknown",
    birth_year: typeof birth === "number" ? birth : null,
  };
}

export class RestPatients implements Patients {
  async findPatients(text: string): Promise<FoundPatients> {
    const answer = await call("POST", "/api/v1/patients/searches", { text, purpose: "treatment" });
    const found = isRecord(answer) && Array.isArray(answer["patients"]) ? answer["patients"] : [];
    return {
      patients: found.filter(isRecord).map(lineFrom),
      isComplete: !isRecord(answer) || answer["is_complete"] !== false,
    };
  }
}
