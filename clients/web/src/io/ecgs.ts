// ECGs over fetch, and the live ones over a WebSocket.

import { ApiFailure, unreachable } from "../protocol/api";
import {
  ecgFrom,
  ecgsFrom,
  gatewaysFrom,
  vitalsAnswered,
  type Ecg,
  type EcgGateway,
  type Vital,
} from "../protocol/ecg";
import { statedFrom, type Stated } from "../protocol/ecg_stated";
import { call, callForBytes, part, query } from "./call";
import type { Ecgs, LiveEcg, NewEcg } from "./ecg_ports";

const ROOT = "/api/v1/ecgs";

/** An ECG out of an answer; one that cannot be read is a fault of the service. */
function ecgOf(answer: unknown): Ecg {
  const one = ecgFrom(answer);
  if (one === null) throw new ApiFailure(502, "unreadable", null, {});
  return one;
}

export class RestEcgs implements Ecgs {
  async gateways(): Promise<EcgGateway[]> {
    return gatewaysFrom(await call("GET", "/api/v1/ecg/gateways"));
  }

  async start(wanted: NewEcg): Promise<Ecg> {
    return ecgOf(await call("POST", ROOT, wanted));
  }

  async stop(id: string): Promise<Ecg> {
    return ecgOf(await call("POST", `${ROOT}/${part(id)}/stop`, {}));
  }

  async ofCase(id: string): Promise<Ecg[]> {
    return ecgsFrom(await call("GET", `${ROOT}${query({ case: id })}`));
  }

  async list(box: "work" | "mine" | "past"): Promise<Ecg[]> {
    return ecgsFrom(await call("GET", `${ROOT}${query({ box })}`));
  }

  async get(id: string): Promise<Ecg> {
    return ecgOf(await call("GET", `${ROOT}/${part(id)}`));
  }

  async frames(id: string, epoch: number, start: number, end: number): Promise<Uint8Array> {
    const blob = await callForBytes(`${ROOT}/${part(id)}/frames${query({ epoch, start, end })}`);
    return new Uint8Array(await blob.arrayBuffer());
  }

  async vitals(id: string, from_us: number): Promise<Vital[]> {
    return vitalsAnswered(await call("GET", `${ROOT}/${part(id)}/vitals${query({ from_us: Math.round(from_us) })}`));
  }

  async stated(id: string): Promise<Stated> {
    return statedFrom(await call("GET", `${ROOT}/${part(id)}/stated`));
  }

  async open(id: string): Promise<LiveEcg> {
    const { EcgSocket } = await import("./ecg_socket").catch(() => {
      throw unreachable();
    });
    return new EcgSocket(id, (epoch, start, end) => this.frames(id, epoch, start, end));
  }
}
