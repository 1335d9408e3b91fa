// Drawn people instead of photographs, as moving pictures.

const HAIR = [
  "M148 128c0-40 24-58 52-58s52 18 52 58c-10-22-30-30-52-30s-42 8-52 30z",
  "M142 190c-6-80 8-124 58-124s64 44 58 124c-8-2-14-6-16-12 4-40-2-66-42-70-40 4-46 30-42 70-2 6-8 10-16 12z",
  "M150 118c2-32 22-48 50-48s48 16 50 48c-20-22-80-22-100 0z",
  "M146 132c-4-44 22-66 58-64 34 2 52 24 48 60-10-14-18-22-24-34-20 12-50 14-66 10-6 8-12 16-16 28z",
];

/** A stream of one drawn person, 16:9, ten frames a second. */
export function drawnPerson(index: number): MediaStream {
  const canvas = document.createElement("canvas");
  canvas.width = 1280;
  canvas.height = 720;
  const pen = canvas.getContext("2d");
  const hair = new Path2D(HAIR[index % HAIR.length] ?? HAIR[0]);
  const body = new Path2D("M92 300c2-62 34-92 78-98l30-8 30 8c44 6 76 36 78 98z");
  const collar = new Path2D("M170 198l30 58 30-58-30-6z");
  let beat = 0;
  const draw = (): void => {
    if (pen === null) return;
    beat += 1;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = "#D9DEDB";
    pen.fillRect(0, 0, 1280, 720);
    pen.fillStyle = "#F0F2F0";
    if (index % 2 === 0) pen.fillRect(820, 0, 460, 720);
    else pen.fillRect(110, 70, 260, 220);
    pen.setTransform(2.4, 0, 0, 2.4, 160, Math.sin(beat / 9) * 2);
    pen.fillStyle = index % 4 === 3 ? "#8D9894" : "#AEB7B3";
    pen.fill(body);
    if (index % 4 !== 3) {
      pen.fillStyle = "#F0F2F0";
      pen.fill(collar);
    }
    pen.fillStyle = "#8D9894";
    pen.beginPath();
    pen.arc(200, 132, 52, 0, 7);
    pen.fill();
    pen.fillStyle = "#AEB7B3";
    pen.fill(hair);
  };
  draw();
  window.setInterval(draw, 100);
  return canvas.captureStream(10);
}
