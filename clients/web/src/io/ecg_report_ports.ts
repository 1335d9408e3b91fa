// What the pages need from the service to report ECGs and to call back critical values, as an interface; the real one
// is ecg_reports.ts. Every call rejects with ApiFailure and nothing else.

import type {
  CriticalView,
  EcgWork,
  ReportStep,
  ReportTemplate,
  ReportText,
  ReportView,
  StatementGroup,
} from "../protocol/ecg_report";

export interface EcgReports {
  /** Null: nothing is signed yet, and the caller is no reader of it. */
  report(ecg: string): Promise<ReportView | null>;
  save(ecg: string, text: ReportText, revision: number): Promise<ReportView>;
  sign(
    ecg: string,
    step: ReportStep,
    proof: { code: string } | { password: string },
    revision: number,
  ): Promise<ReportView>;
  signWithKey(ecg: string, step: ReportStep, revision: number): Promise<ReportView>;
  sendBack(ecg: string, reason: string): Promise<ReportView>;
  amend(ecg: string, reason: string): Promise<ReportView>;
  statements(): Promise<StatementGroup[]>;
  templates(): Promise<ReportTemplate[]>;
  markCritical(ecg: string): Promise<CriticalView>;
  /** `heardBy` "": the caller has heard it. */
  noteHeard(ecg: string, heardBy: string): Promise<CriticalView>;
  withdrawCritical(ecg: string, reason: string): Promise<CriticalView>;
  /** Those that nobody has heard yet, where the caller treats or reads. */
  calling(): Promise<CriticalView[]>;
  work(): Promise<EcgWork[]>;
  pdfAddress(ecg: string): string;
}
