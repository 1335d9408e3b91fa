// The administrator's pages over the API.

import type { Role } from "../protocol/session";
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
import { call, part, query } from "./call";
import type { Office, PeopleFilter } from "./desk_ports";
import { RestRosterDesk } from "./roster";

export class RestOffice implements Office {
  readonly roster = new RestRosterDesk();

  async institutions(): Promise<Institution[]> {
    return ((await call("GET", "/api/v1/institutions")) as { institutions: Institution[] }).institutions;
  }

  async addInstitution(institution: NewInstitution): Promise<OneTimeCode> {
    return (await call("POST", "/api/v1/institutions", institution)) as OneTimeCode;
  }

  async changeInstitution(id: string, change: { name: string; kind: InstitutionKind }): Promise<void> {
    await call("PATCH", `/api/v1/institutions/${part(id)}`, change);
  }

  async people(filter: PeopleFilter): Promise<{ people: Person[]; next: string | null }> {
    const asked = query({ ...filter });
    return (await call("GET", `/api/v1/people${asked}`)) as { people: Person[]; next: string | null };
  }

  async addPerson(person: NewPerson): Promise<Person> {
    return (await call("POST", "/api/v1/people", person)) as Person;
  }

  async changePerson(id: string, change: Omit<NewPerson, "roles">): Promise<Person> {
    return (await call("PATCH", `/api/v1/people/${part(id)}`, change)) as Person;
  }

  async setRoles(id: string, roles: readonly Role[]): Promise<void> {
    await call("PUT", `/api/v1/people/${part(id)}/roles`, { roles });
  }

  async addLicence(person: string, licence: NewLicence): Promise<Licence> {
    return (await call("POST", `/api/v1/people/${part(person)}/licences`, licence)) as Licence;
  }

  async endLicence(person: string, licence: string): Promise<void> {
    await call("DELETE", `/api/v1/people/${part(person)}/licences/${part(licence)}`);
  }

  async accountCode(person: string, login: string, isNew: boolean): Promise<OneTimeCode> {
    const path = `/api/v1/people/${part(person)}/account`;
    const answer = isNew ? await call("POST", path, { login }) : await call("POST", `${path}/reset`);
    return answer as OneTimeCode;
  }

  async suspend(person: string, reason: string): Promise<void> {
    await call("POST", `/api/v1/people/${part(person)}/suspend`, { reason });
  }

  async resume(person: string): Promise<void> {
    await call("POST", `/api/v1/people/${part(person)}/resume`);
  }

  async devices(cursor: string): Promise<{ devices: Device[]; next: string | null }> {
    return (await call("GET", `/api/v1/devices${query({ cursor })}`)) as { devices: Device[]; next: string | null };
  }

  async addDevice(name: string, kind: DeviceKind): Promise<DeviceCode> {
    return (await call("POST", "/api/v1/devices", { name, kind })) as DeviceCode;
  }

  async newDeviceCode(id: string): Promise<DeviceCode> {
    return (await call("POST", `/api/v1/devices/${part(id)}/code`)) as DeviceCode;
  }

  async revokeDevice(id: string): Promise<void> {
    await call("DELETE", `/api/v1/devices/${part(id)}`);
  }
}
