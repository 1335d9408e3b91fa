// The frame of a page before one is in: one column, one next act.

import type { ReactNode } from "react";
import { OfflineBanner } from "./pieces";
import { Brand, LanguageSwitch, Top, WallClock } from "./Top";
import { useTitle } from "./hooks";

/** The bar, what is amiss with the network, and the page below. */
export function GateFrame({ children }: { children: ReactNode }) {
  return (
    <div className="page">
      <Top>
        <Brand />
        <span className="sp" />
        <LanguageSwitch />
        <WallClock withDay />
      </Top>
      <OfflineBanner />
      {children}
    </div>
  );
}

export function Gate(props: { title: string; lead?: string; children: ReactNode }) {
  useTitle(props.title);
  return (
    <GateFrame>
      <main className="gate">
        <div className="gate-card">
          <div>
            <h1>{props.title}</h1>
            {props.lead !== undefined && <p className="i2">{props.lead}</p>}
          </div>
          {props.children}
        </div>
      </main>
    </GateFrame>
  );
}
