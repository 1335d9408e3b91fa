// The coded statements: a person looks for one and chooses it; none is offered for what an ECG shows.

import { useState } from "react";
import { withStatement, type ReportText, type StatementGroup } from "../../protocol/ecg_report";
import { Select } from "../forms";
import { Icon } from "../Icon";
import { useWorld } from "../world";

export function Statements(props: {
  report: ReportText;
  groups: readonly StatementGroup[];
  /** Null: read only. */
  onChange: ((report: ReportText) => void) | null;
}) {
  const { report, groups, onChange } = props;
  const { speak, language } = useWorld();
  const [group, setGroup] = useState("rhythm");
  const named = (code: string): string => {
    const found = groups.flatMap((one) => one.statements).find((one) => one.code === code);
    return found?.name[language === "en" ? "en" : "zh"] ?? code;
  };
  const shown = groups.find((one) => one.group === group) ?? groups[0];
  return (
    <section aria-label={speak("report.statements")}>
      <h3>{speak("report.statements")}</h3>
      {report.statements.length === 0 && <p className="i2">{speak("report.statements.none")}</p>}
      <ul className="statements-chosen">
        {report.statements.map((code) => (
          <li key={code} className="tag line">
            <b>{named(code)}</b>
            {onChange !== null && (
              <button
                type="button"
                className="btn ghost square"
                aria-label={speak("report.statements.remove", { name: named(code) })}
                onClick={() => onChange(withStatement(report, code))}
              >
                <Icon name="x" size={16} />
              </button>
            )}
          </li>
        ))}
      </ul>
      {onChange !== null && shown !== undefined && (
        <>
          <Select
            label={speak("report.statements.group")}
            value={shown.group}
            options={groups.map((one) => ({ value: one.group, label: groupWords(one.group, speak) }))}
            onChange={setGroup}
          />
          <div className="row wrap tight" role="group" aria-label={groupWords(shown.group, speak)}>
            {shown.statements.map((one) => (
              <button
                key={one.code}
                type="button"
                className="btn small soft"
                aria-pressed={report.statements.includes(one.code)}
                onClick={() => onChange(withStatement(report, one.code))}
              >
                {one.name[language === "en" ? "en" : "zh"]}
              </button>
            ))}
          </div>
        </>
      )}
    </section>
  );
}

const GROUPS = [
  "overall",
  "technical",
  "rhythm",
  "ectopic",
  "tachyarrhythmia",
  "conduction",
  "axis_and_voltage",
  "chambers",
  "repolarization",
  "infarction",
  "pacemaker",
] as const;

function groupWords(group: string, speak: ReturnType<typeof useWorld>["speak"]): string {
  const known = GROUPS.find((one) => one === group);
  return known === undefined ? group : speak(`report.group.${known}`);
}
