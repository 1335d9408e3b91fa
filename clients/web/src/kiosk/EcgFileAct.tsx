// An ECG that another box has written to files: brought in for the patient who stands there.

import { lazy, Suspense, useState } from "react";
import { useWorld } from "../ui/world";
import type { FileAct } from "./EcgFileSheet";
import { KioskIcon } from "./KioskIcon";

const EcgFileSheet = lazy(() => import("./EcgFileSheet").then((part) => ({ default: part.EcgFileSheet })));

export function EcgFileAct(props: FileAct & { className: string }) {
  const { speak } = useWorld();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" className={`k-btn ${props.className}`} onClick={() => setOpen(true)}>
        <KioskIcon name="ecg" />
        {speak("ecg.files.bring")}
      </button>
      {isOpen && (
        <Suspense>
          <EcgFileSheet {...props} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
