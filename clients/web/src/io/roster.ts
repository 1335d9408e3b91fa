// The roster's pages over the API.

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
import { call, part, query } from "./call";
import type { RosterDesk } from "./desk_ports";

export class RestRosterDesk implements RosterDesk {
  async specialties(): Promise<readonly NamedCode[]> {
    return ((await call("GET", "/api/v1/specialties")) as { specialties: NamedCode[] }).specialties;
  }

  async shifts(span: Stretch): Promise<RosterSpan> {
    return (await call("GET", `/api/v1/roster/shifts${query({ ...span })}`)) as RosterSpan;
  }

  async addShift(shift: NewShift): Promise<void> {
    await call("POST", "/api/v1/roster/shifts", shift);
  }

  async removeShift(id: string): Promise<void> {
    await call("DELETE", `/api/v1/roster/shifts/${part(id)}`);
  }

  async phones(): Promise<readonly DutyPhone[]> {
    return ((await call("GET", "/api/v1/roster/phones")) as { phones: DutyPhone[] }).phones;
  }

  async setPhones(phones: readonly DutyPhone[]): Promise<readonly DutyPhone[]> {
    return ((await call("PUT", "/api/v1/roster/phones", { phones })) as { phones: DutyPhone[] }).phones;
  }

  async slots(span: Stretch): Promise<readonly Slot[]> {
    return ((await call("GET", `/api/v1/slots${query({ ...span })}`)) as { slots: Slot[] }).slots;
  }

  async openSlot(slot: NewSlot): Promise<void> {
    await call("POST", "/api/v1/slots", slot);
  }

  async closeSlot(id: string): Promise<void> {
    await call("DELETE", `/api/v1/slots/${part(id)}`);
  }

  async export(span: Stretch, format: RosterFormat): Promise<RosterFile> {
    return (await call("GET", `/api/v1/roster/export${query({ ...span, format })}`)) as RosterFile;
  }

  async import(format: RosterFormat, text: string): Promise<{ added: number; known: number }> {
    return (await call("POST", "/api/v1/roster/import", { format, text })) as { added: number; known: number };
  }
}
