// How the pages are built: static files only, nothing inlined into the HTML, no address outside this host.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { configDefaults, defineConfig } from "vitest/config";

// `npx vite` against a running `lianzhen demo`; the built pages need no proxy because the service serves them.
const service = process.env["LIANZHEN_URL"] ?? "http://127.0.0.1:8080";

/** Below this a compressed file saves no packet. */
const COMPRESS_FROM_BYTES = 1400;

/** Writes FILE.gz beside each script and style sheet: the service sends it to whoever takes it (signaling/web_pages.py). */
function compressed(): Plugin {
  return {
    name: "lianzhen-compressed",
    apply: "build",
    // Of what was written: until then other plugins still change the scripts.
    writeBundle({ dir }) {
      for (const name of readdirSync(dir ?? "dist", { recursive: true, encoding: "utf8" })) {
        const path = join(dir ?? "dist", name);
        if (!/\.(js|css)$/.test(name) || statSync(path).size < COMPRESS_FROM_BYTES) continue;
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), compressed()],
  build: {
    target: ["chrome111", "edge111", "firefox114", "safari16.4"],
    assetsInlineLimit: 0, // data: images would need a wider content security policy
    modulePreload: { polyfill: false }, // the polyfill is for browsers below the target
    // livekit-client changes seldom: apart from our code it stays in the browser's cache.
    rolldownOptions: {
      input: { index: "index.html", kiosk: "kiosk.html" },
      output: { codeSplitting: { groups: [{ name: "livekit", test: /node_modules\/(livekit-client|@livekit)/ }] } },
    },
  },
  server: {
    proxy: {
      "/api": { target: service, ws: true },
      "/rtc": { target: service, ws: true },
      "/healthz": service,
    },
  },
  test: {
    include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"],
    exclude: [...configDefaults.exclude],
    testTimeout: 60_000, // a busy machine is slow, not wrong
    coverage: {
      provider: "v8",
      include: ["src/protocol/**", "src/ecg/**"], // what decides; drivers and drawings are tested in real browsers
      thresholds: { branches: 100, lines: 100, functions: 100, statements: 100 },
      reporter: [["text", { skipFull: true }]],
    },
  },
});
