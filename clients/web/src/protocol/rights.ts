// The table of rights as the API gives it (signaling/api/rights_models.py), turned into a grid for reading.

import type { TwoLanguages } from "./api";

interface Word {
  name: string;
  title: TwoLanguages;
}

export interface RuleLine {
  action: string;
  /** Null: anybody, also who has not signed in. */
  roles: readonly string[] | null;
  relations: readonly string[];
  states: readonly string[];
  assurance: number;
}

export interface RightsTable {
  roles: readonly Word[];
  relations: readonly Word[];
  states: readonly Word[];
  assurances: readonly { level: number; title: TwoLanguages }[];
  groups: readonly Word[];
  actions: readonly (Word & { group: string })[];
  rules: readonly RuleLine[];
}

export interface GridRow {
  action: string;
  title: TwoLanguages;
  /** For each role of the table, in its order, the rules that let it. */
  cells: readonly (readonly RuleLine[])[];
}

export interface GridGroup {
  group: string;
  title: TwoLanguages;
  rows: readonly GridRow[];
}

/** The grid: actions in their groups by roles. A rule for anybody stands in every column. */
export function rightsGrid(table: RightsTable): GridGroup[] {
  const cellsOf = (action: string) => {
    const rules = table.rules.filter((rule) => rule.action === action);
    return table.roles.map((role) => rules.filter((rule) => rule.roles === null || rule.roles.includes(role.name)));
  };
  return table.groups.map((group) => ({
    group: group.name,
    title: group.title,
    rows: table.actions
      .filter((action) => action.group === group.name)
      .map((action) => ({ action: action.name, title: action.title, cells: cellsOf(action.name) })),
  }));
}
