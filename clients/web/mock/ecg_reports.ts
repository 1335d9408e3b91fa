// An invented report of an invented ECG: kept in memory, signed by whoever asks.

import type { EcgReports } from "../src/io/ecg_report_ports";
import {
  EMPTY_REPORT,
  textOf,
  type CriticalView,
  type ReportGate,
  type ReportStep,
  type ReportText,
  type ReportView,
} from "../src/protocol/ecg_report";

const RATE_HZ = 500;

export class MockEcgReports implements EcgReports {
  #view: ReportView = {
    ...EMPTY_REPORT,
    state: "drafted",
    version: 1,
    revision: 0,
    strips: [],
    reason: "",
    author_name: "",
    updated_at_ms: null,
    shut_gates: [],
    asked_factors: ["totp"],
    signatures: [],
    allowed: ["report", "sign", "mark_critical"],
    critical: null,
  };

  report(): Promise<ReportView> {
    return Promise.resolve(this.#view);
  }

  save(_ecg: string, text: ReportText, revision: number): Promise<ReportView> {
    const shut: ReportGate[] = text.strips.length === 0 ? ["strips"] : [];
    const strips = text.strips.map((one) => ({ ...one, rate_hz: RATE_HZ, missing_samples: 0 }));
    return this.#put({ ...textOf(text), strips, revision: revision + 1, shut_gates: shut });
  }

  sign(_ecg: string, step: ReportStep): Promise<ReportView> {
    const given = {
      step,
      version: this.#view.version,
      person: step === "report" ? "pe_1" : "pe_2",
      person_name: step === "report" ? "陈志远" : "王敏",
      signed_at_ms: Date.now(),
      fingerprint: (step === "report" ? "3f" : "9c").repeat(32),
    };
    const signatures = [...this.#view.signatures, given];
    return step === "report"
      ? this.#put({ state: "reported", signatures, allowed: ["review", "return", "amend", "mark_critical"] })
      : this.#put({ state: "reviewed", signatures, allowed: ["amend", "mark_critical"] });
  }

  signWithKey(ecg: string, step: ReportStep): Promise<ReportView> {
    return this.sign(ecg, step);
  }

  sendBack(_ecg: string, reason: string): Promise<ReportView> {
    return this.#reopen("returned", reason);
  }

  amend(_ecg: string, reason: string): Promise<ReportView> {
    return this.#reopen("amending", reason);
  }

  statements() {
    const rhythm = [
      { code: "SR", name: { zh: "窦性心律", en: "sinus rhythm" } },
      { code: "AFIB", name: { zh: "心房颤动", en: "atrial fibrillation" } },
    ];
    const st = [{ code: "STE", name: { zh: "ST段抬高", en: "non-specific ST elevation" } }];
    return Promise.resolve([
      { group: "rhythm", statements: rhythm },
      { group: "repolarization", statements: st },
    ]);
  }

  templates() {
    return Promise.resolve([
      {
        code: "st_change",
        title: { zh: "ST 段改变", en: "ST change" },
        statements: [],
        findings: { zh: "ST 段：导联 ____，幅度 ____ mV。", en: "ST: leads ____, ____ mV." },
        conclusion: { zh: "", en: "" },
      },
    ]);
  }

  markCritical(ecg: string): Promise<CriticalView> {
    return this.#critical({
      id: "cv_1",
      ecg,
      ecg_serial: "E-20261122-0001",
      patient_name: "张建国",
      state: "calling",
      marked_by: "pe_1",
      marked_by_name: "陈志远",
      marked_at_ms: Date.now(),
      called: ["李建平", "周岚"],
      is_called: false,
      phone: "",
      unheard_ms: 0,
      heard_name: "",
      heard_at_ms: null,
      reason: "",
    });
  }

  noteHeard(_ecg: string, heardBy: string): Promise<CriticalView> {
    return this.#after({ state: "acknowledged", heard_name: heardBy, heard_at_ms: Date.now(), unheard_ms: 42_000 });
  }

  withdrawCritical(_ecg: string, reason: string): Promise<CriticalView> {
    return this.#after({ state: "withdrawn", reason, unheard_ms: 42_000 });
  }

  calling(): Promise<CriticalView[]> {
    if (!new URLSearchParams(location.search).has("critical")) return Promise.resolve([]);
    return Promise.resolve([
      {
        id: "cv_1",
        ecg: "ec_1",
        ecg_serial: "E-20261122-0001",
        patient_name: "张建国",
        state: "calling" as const,
        marked_by: "pe_9",
        marked_by_name: "陈志远",
        marked_at_ms: Date.now() - 42_000,
        called: ["李建平", "周岚"],
        is_called: true,
        phone: "",
        unheard_ms: 0,
        heard_name: "",
        heard_at_ms: null,
        reason: "",
      },
    ]);
  }

  work() {
    return Promise.resolve([]);
  }

  pdfAddress(): string {
    return "#";
  }

  #put(change: Partial<ReportView>): Promise<ReportView> {
    this.#view = { ...this.#view, ...change };
    return Promise.resolve(this.#view);
  }

  #reopen(state: "returned" | "amending", reason: string): Promise<ReportView> {
    const { version } = this.#view;
    return this.#put({ state, reason, version: version + 1, allowed: ["report", "sign", "mark_critical"] });
  }

  #critical(critical: CriticalView): Promise<CriticalView> {
    const others = this.#view.allowed.filter((one) => !one.includes("critical") && one !== "note_heard");
    const acts = critical.state === "calling" ? ["note_heard", "withdraw_critical"] : ["mark_critical"];
    this.#view = { ...this.#view, critical, allowed: [...others, ...acts] };
    return Promise.resolve(critical);
  }

  #after(change: Partial<CriticalView>): Promise<CriticalView> {
    const { critical } = this.#view;
    return critical === null ? Promise.reject(new Error("none")) : this.#critical({ ...critical, ...change });
  }
}
