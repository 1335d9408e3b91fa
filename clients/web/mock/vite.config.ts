// Serves the screens over invented data, for looking at states that a healthy service seldom shows. Never built.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  publicDir: "media", // recordings to play, made by hand and not committed
  plugins: [react()],
  server: { port: 5199, strictPort: true, fs: { allow: [".."] } },
});
