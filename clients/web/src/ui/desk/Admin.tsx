// The administrator's desk: its pages beside a list of them.

import type { ReactNode } from "react";
import { hashOf, type AdminSection } from "../../protocol/route";
import { mayAdminister, sectionsFor } from "../../protocol/screens";
import { useTitle } from "../hooks";
import { useWorld } from "../world";
import { Devices } from "./Devices";
import { DeskPage } from "./frame";
import { Institutions } from "./Institutions";
import { People } from "./People";
import { Rights } from "./Rights";
import { Roster } from "./Roster";
import { Settings } from "./Settings";
import { Webhooks } from "./Webhooks";

export function Admin({ section }: { section: AdminSection }) {
  const { account, speak } = useWorld();
  const sections = sectionsFor(account?.roles ?? []);
  const open = sections.includes(section) ? section : (sections[0] ?? "rights");
  const mayChange = mayAdminister(account?.roles ?? []);
  useTitle(speak(`admin.${open}`));
  const pages: Readonly<Record<AdminSection, ReactNode>> = {
    people: <People />,
    roster: <Roster />,
    institutions: <Institutions />,
    devices: <Devices />,
    settings: <Settings mayChange={mayChange} />,
    webhooks: <Webhooks mayChange={mayChange} />,
    rights: <Rights />,
  };
  return (
    <DeskPage area="admin">
      <div className="desk">
        <nav className="desk-nav" aria-label={speak("admin.sections")}>
          {sections.map((one) => (
            <a
              key={one}
              href={hashOf({ screen: "admin", section: one })}
              className={one === open ? "on" : ""}
              aria-current={one === open ? "page" : undefined}
            >
              {speak(`admin.${one}`)}
            </a>
          ))}
        </nav>
        <main key={open} className="desk-main">
          {pages[open]}
        </main>
      </div>
    </DeskPage>
  );
}
