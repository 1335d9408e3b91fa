// The drawn signs, one stroke each; they always stand beside a word or carry a label on their button.

const PATHS = {
  mic: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v4M9 21h6",
  micOff:
    "M9 9v2a3 3 0 0 0 4.8 2.4M15 10.5V6a3 3 0 0 0-5.8-1M6 11a6 6 0 0 0 9.6 4.8M18 11a6 6 0 0 1-.5 2.4M12 17v4M9 21h6M4 4l16 16",
  cam: "M3 7h12v10H3zM15 10.5l6-3v9l-6-3",
  camOff: "M9 7h6v5.5M15 16v1H3V7h2M15 10.5l6-3v9l-3-1.5M3 3l18 18",
  share: "M3 5h18v12H3zM9 21h6M12 17v4M12 14V8M9.5 10.5L12 8l2.5 2.5",
  shareOff: "M3 5h18v12H3zM9 21h6M12 17v4M9.5 8.5l5 5M14.5 8.5l-5 5",
  people: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 20c0-4 2.5-6 6-6s6 2 6 6M18 8v6M15 11h6",
  enter: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 20c0-4 2.5-6 6-6s6 2 6 6M16.5 9.5h5v-6h-8v6h1v2.2z",
  flag: "M6 21V4h11l-2 4 2 4H6",
  end: "M13 4H5v16h8M10 12h11M17 8l4 4-4 4",
  check: "M5 12.5l4.5 4.5L19 7.5",
  x: "M6 6l12 12M18 6L6 18",
  play: "M7 5l12 7-12 7z",
  pause: "M8 5v14M16 5v14",
  back: "M15 5l-7 7 7 7",
  down: "M6 9l6 6 6-6",
  sound: "M4 10v4h4l5 4V6L8 10zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11",
  soundOff: "M4 10v4h4l5 4V6L8 10zM16 9.5l5 5M21 9.5l-5 5",
  dots: "M5 12h.01M12 12h.01M19 12h.01",
  gear: "M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4",
  record: "M12 19a7 7 0 1 0 0-14 7 7 0 0 0 0 14z",
  stop: "M7 7h10v10H7z",
  pin: "M9 4h6l-1 6 3 3H7l3-3zM12 13v7",
  key: "M8 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 12h9M18 12v3M21 12v2",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  phone: "M7 3h10v18H7zM11 18h2",
  plus: "M12 5v14M5 12h14",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5",
  right: "M9 5l7 7-7 7",
  film: "M4 5h16v14H4zM8 5v14M16 5v14M4 12h4M16 12h4",
  call: "M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v4a1 1 0 0 1-1 1A15 15 0 0 1 4 5a1 1 0 0 1 1-1z",
  camera: "M4 8h4l1.5-3h5L16 8h4v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
  pen: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  chat: "M4 5h16v11H9l-5 4z",
  file: "M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5",
  bell: "M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21h4",
  undo: "M9 7L4 12l5 5M4 12h10a5 5 0 0 1 0 10",
  question: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 18h.01M12 22a10 10 0 1 0 0-20 10 10 0 0 0 0 20z",
  retry: "M20 11a8 8 0 1 0-2 6M20 5v6h-6",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20, weight = 1.75 }: { name: IconName; size?: number; weight?: number }) {
  return (
    <svg
      className="ic"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill={name === "record" ? "currentColor" : "none"}
      stroke="currentColor"
      strokeWidth={name === "dots" ? weight * 1.6 : weight}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
