// An ECG that another box has written to files: brought in for the patient who stands there.

import { Suspense, useState } from "react";
import { useWorld } from "../ui/world";
import type { FileAct } from "./EcgFileSheet";
import { later } from "../ui/later";
import { KioskIcon } from "./KioskIcon";

const EcgFileSheet = later(() => import("./EcgFileSheet").then((part) => part.EcgFileSheet));

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
