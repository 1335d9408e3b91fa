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
  stretchesFrom,
  type EpochStretches,
} from "../protocol/ecg";
import type { ExportFormat } from "../protocol/ecg_files";
import { statedFrom, type Stated } from "../protocol/ecg_stated";
import { call, callForBytes, callForFile, part, query } from "./call";
import type { EcgToBring, Ecgs, LiveEcg, NewEcg } from "./ecg_ports";

const ROOT = "/api/v1/ecgs";
/** 22 MB over a township's line, and a file is read or put together behind others. */
const FILE_LIMIT_MS = 180_000;

/** An ECG out of an answer; one that cannot be read is a fault of the service. */
function ecgOf(answer: unknown): Ecg {
  const one = ecgFrom(answer);
  if (one === null) throw new ApiFailure(502, "unreadable", null, {});
  return one;
}

/** Rejects as a request does where the file has gone since it was chosen. */
async function base64Of(content: Blob): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done((reader.result as string).replace(/^[^,]*,/, ""));
    reader.onerror = () => fail(new ApiFailure(400, "ecg_file_gone", null, {}));
    reader.readAsDataURL(content);
  });
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

  async giveUp(id: string, reason: string): Promise<Ecg> {
    return ecgOf(await call("POST", `${ROOT}/${part(id)}/give-up`, { reason }));
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

  async stretches(id: string): Promise<EpochStretches[]> {
    return stretchesFrom(await call("GET", `${ROOT}/${part(id)}/stretches`));
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

  async bring({ files, ...wanted }: EcgToBring): Promise<Ecg> {
    const sent = await Promise.all(
      files.map(async ({ name, content }) => ({ name, content_base64: await base64Of(content) })),
    );
    return ecgOf(await call("POST", `${ROOT}/import`, { ...wanted, files: sent }, { limit_ms: FILE_LIMIT_MS }));
  }

  async export(id: string, format: ExportFormat, isNamed: boolean): Promise<{ name: string; content: Blob }> {
    const asked = query({ format, with_personal: isNamed ? "true" : "" });
    return callForFile(`${ROOT}/${part(id)}/export${asked}`, FILE_LIMIT_MS);
  }

  async open(id: string): Promise<LiveEcg> {
    const { EcgSocket } = await import("./ecg_socket").catch(() => {
      throw unreachable();
    });
    return new EcgSocket(id, (epoch, start, end) => this.frames(id, epoch, start, end));
  }
}
