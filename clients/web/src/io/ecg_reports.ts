// Reports and critical values of ECGs over fetch.

import { ApiFailure } from "../protocol/api";
import {
  criticalFrom,
  criticalsFrom,
  ecgWorkFrom,
  reportFrom,
  reportTemplatesFrom,
  statementsFrom,
  textOf,
  type CriticalView,
  type EcgWork,
  type ReportStep,
  type ReportTemplate,
  type ReportText,
  type ReportView,
  type StatementGroup,
} from "../protocol/ecg_report";
import { call, part } from "./call";
import type { EcgReports } from "./ecg_report_ports";
import { answerOfKey } from "./passkey";

const ROOT = "/api/v1/ecgs";
const unreadable = (): ApiFailure => new ApiFailure(502, "unreadable", null, {});

export class RestEcgReports implements EcgReports {
  async report(ecg: string): Promise<ReportView | null> {
    try {
      return await this.#report("GET", ecg, "");
    } catch (error) {
      if (error instanceof ApiFailure && error.code === "ecg_report_missing") return null;
      throw error;
    }
  }

  save(ecg: string, text: ReportText, revision: number): Promise<ReportView> {
    return this.#report("PUT", ecg, "", { ...textOf(text), revision });
  }

  sign(
    ecg: string,
    step: ReportStep,
    proof: { code: string } | { password: string },
    revision: number,
  ): Promise<ReportView> {
    return this.#report("POST", ecg, step === "report" ? "/sign" : "/review", { ...proof, revision });
  }

  async signWithKey(ecg: string, step: ReportStep, revision: number): Promise<ReportView> {
    const asked = () => call("POST", `${ROOT}/${part(ecg)}/report/sign/options`, { kind: step, revision });
    const passkey = await answerOfKey(asked);
    return this.#report("POST", ecg, step === "report" ? "/sign" : "/review", { passkey, revision });
  }

  sendBack(ecg: string, reason: string): Promise<ReportView> {
    return this.#report("POST", ecg, "/return", { reason });
  }

  amend(ecg: string, reason: string): Promise<ReportView> {
    return this.#report("POST", ecg, "/amend", { reason });
  }

  async statements(): Promise<StatementGroup[]> {
    return statementsFrom(await call("GET", "/api/v1/ecg/statements"));
  }

  async templates(): Promise<ReportTemplate[]> {
    return reportTemplatesFrom(await call("GET", "/api/v1/ecg/report-templates"));
  }

  markCritical(ecg: string): Promise<CriticalView> {
    return this.#critical(ecg, "", undefined);
  }

  noteHeard(ecg: string, heardBy: string): Promise<CriticalView> {
    return this.#critical(ecg, "/acknowledge", { heard_by: heardBy });
  }

  withdrawCritical(ecg: string, reason: string): Promise<CriticalView> {
    return this.#critical(ecg, "/withdraw", { reason });
  }

  async calling(): Promise<CriticalView[]> {
    return criticalsFrom(await call("GET", "/api/v1/ecg/critical-values"));
  }

  async work(): Promise<EcgWork[]> {
    return ecgWorkFrom(await call("GET", "/api/v1/ecg/work-list"));
  }

  pdfAddress(ecg: string): string {
    return `${ROOT}/${part(ecg)}/report.pdf`;
  }

  async #report(method: string, ecg: string, act: string, body?: object): Promise<ReportView> {
    const view = reportFrom(await call(method, `${ROOT}/${part(ecg)}/report${act}`, body));
    if (view === null) throw unreadable();
    return view;
  }

  async #critical(ecg: string, act: string, body: object | undefined): Promise<CriticalView> {
    const view = criticalFrom(await call("POST", `${ROOT}/${part(ecg)}/critical${act}`, body));
    if (view === null) throw unreadable();
    return view;
  }
}
