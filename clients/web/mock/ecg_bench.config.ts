// Builds the ECG's drawing alone, for the tests that measure it in a real browser (tests/end_to_end/test_ecg_pixels.py).
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: { rolldownOptions: { input: `${import.meta.dirname}/ecg_bench.html` } },
});
