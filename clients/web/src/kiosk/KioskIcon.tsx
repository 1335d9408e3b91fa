// The drawn signs that only the kiosk has.

const PATHS = {
  ecg: "M2 13h4l2-3 2 3h1l2-9 3 16 2-7h4",
  amb: "M2 7h12v9H2zM14 10h4l4 3v3h-8M6.5 18.4a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17.5 18.4a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM8 9v4M6 11h4",
  card: "M3 6h18v12H3zM3 10h18M6 15h5",
  pen: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  phone: "M5 4h4l2 5-3 2a12 12 0 0 0 5 5l2-3 5 2v4a1 1 0 0 1-1 1A16 16 0 0 1 4 5a1 1 0 0 1 1-1z",
} as const;

export function KioskIcon({
  name,
  size = 28,
  weight = 1.5,
}: {
  name: keyof typeof PATHS;
  size?: number;
  weight?: number;
}) {
  return (
    <svg
      className="ic"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={weight}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
