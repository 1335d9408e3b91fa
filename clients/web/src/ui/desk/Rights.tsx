// The table of rights, for reading: what each role may do, and under which conditions.

import { useState } from "react";
import { titleIn, type TwoLanguages } from "../../protocol/api";
import { rightsGrid, type GridRow, type RightsTable, type RuleLine } from "../../protocol/rights";
import { Select } from "../forms";
import { useLoaded, useMedia } from "../hooks";
import { Dialog, Failure, Skeleton } from "../pieces";
import { useWorld } from "../world";
import { Facts, Head } from "./frame";

/** Below this width the columns of all roles do not fit: one role at a time. */
const ONE_ROLE = "(max-width: 1100px)";

export function Rights() {
  const { running, speak } = useWorld();
  const table = useLoaded("rights", () => running.rights());
  return (
    <>
      <Head title={speak("rights.title")} />
      <p className="i2 lead">{speak("rights.lead")}</p>
      {table.value === null && table.failure !== null && (
        <Failure title={speak("admin.failed")} failure={table.failure} onRetry={table.reload} />
      )}
      {table.value === null && table.failure === null && table.isSlow && <Skeleton rows={8} />}
      {table.value !== null && <Grid table={table.value} />}
    </>
  );
}

interface Chosen {
  row: GridRow;
  role: { name: string; title: TwoLanguages };
  rules: readonly RuleLine[];
}

function Grid({ table }: { table: RightsTable }) {
  const { speak, language } = useWorld();
  const isNarrow = useMedia(ONE_ROLE);
  const [picked, setPicked] = useState("");
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const short = language === "en" ? "en" : "zh";
  const first = table.roles[0]?.name ?? "";
  const only = picked === "" && isNarrow ? first : picked;
  const columns = table.roles
    .map((role, index) => ({ role, index }))
    .filter(({ role }) => only === "" || role.name === only);
  return (
    <>
      <div className="filters">
        <Select
          label={speak("rights.pick")}
          isLabelUnseen
          value={only}
          options={[
            ...(isNarrow ? [] : [{ value: "", label: speak("rights.allRoles") }]),
            ...table.roles.map((role) => ({ value: role.name, label: titleIn(role.title, short) })),
          ]}
          onChange={setPicked}
        />
        <span className="i2">{speak("rights.legend")}</span>
      </div>
      <div className="pane rights-box">
        <table className={only === "" ? "rights" : "rights one"}>
          <thead>
            <tr>
              <th>{speak("rights.action")}</th>
              {columns.map(({ role }) => (
                <th key={role.name}>{titleIn(role.title, short)}</th>
              ))}
            </tr>
          </thead>
          {rightsGrid(table).map((group) => (
            <tbody key={group.group}>
              <tr className="rights-group">
                <th colSpan={columns.length + 1}>{titleIn(group.title, short)}</th>
              </tr>
              {group.rows.map((row) => (
                <tr key={row.action}>
                  <th scope="row">
                    {titleIn(row.title, short)}
                    <code className="i3 wide">{row.action}</code>
                  </th>
                  {columns.map(({ role, index }) => {
                    const rules = row.cells[index] ?? [];
                    return (
                      <td key={role.name}>
                        {rules.length === 0 ? (
                          <span className="may-not">
                            <span className="unseen">{speak("rights.no")}</span>
                          </span>
                        ) : (
                          <button
                            type="button"
                            className="may"
                            aria-label={speak("rights.yes")}
                            onClick={() => setChosen({ row, role, rules })}
                          >
                            <i />
                          </button>
                        )}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
      {chosen !== null && <Conditions table={table} chosen={chosen} onClose={() => setChosen(null)} />}
    </>
  );
}

function Conditions(props: { table: RightsTable; chosen: Chosen; onClose: () => void }) {
  const { speak, language } = useWorld();
  const { table, chosen } = props;
  const short = language === "en" ? "en" : "zh";
  const words = (list: readonly { name: string; title: TwoLanguages }[], names: readonly string[]) =>
    list
      .filter((one) => names.includes(one.name))
      .map((one) => titleIn(one.title, short))
      .join(speak("app.listComma"));
  const assurance = (level: number): string => {
    const found = table.assurances.find((one) => one.level === level);
    return found === undefined ? String(level) : titleIn(found.title, short);
  };
  return (
    <Dialog title={titleIn(chosen.row.title, short)} kind="drawer" onClose={props.onClose}>
      <p>
        <b>{titleIn(chosen.role.title, short)}</b>
      </p>
      {chosen.rules.map((rule, index) => (
        <section key={index} className="part">
          {rule.roles === null && <p>{speak("rights.anybody")}</p>}
          <Facts
            rows={[
              [speak("rights.relations"), words(table.relations, rule.relations)],
              [speak("rights.states"), words(table.states, rule.states)],
              [speak("rights.assurance"), assurance(rule.assurance)],
            ]}
          />
        </section>
      ))}
    </Dialog>
  );
}
