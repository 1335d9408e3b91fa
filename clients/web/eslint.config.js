// Strict, type-checked lint rules for everything that is written by hand here.
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "coverage", "node_modules", "eslint.config.js", "mock/media"] },
  ...tseslint.configs.strictTypeChecked,
  { languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } } },
  hooks.configs.flat.recommended,
  {
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-restricted-imports": "off",
    },
  },
  {
    // Deciding code knows no browser, no network and no drawing.
    files: ["src/protocol/**", "src/ecg/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: ["**/io/*", "**/ui/*", "**/messages/*", "react", "livekit-client"] },
      ],
      "no-restricted-globals": [
        "error",
        "window",
        "document",
        "fetch",
        "performance",
        "navigator",
        "setTimeout",
        "localStorage",
      ],
    },
  },
  { files: ["src/io/**"], rules: { "no-restricted-imports": ["error", { patterns: ["**/ui/*", "react"] }] } },
);
