import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "packages/*/test/**/*.test.ts"],
    setupFiles: ["test/support/setup.ts"],
    runner: "test/support/runner.ts",
    tags: [{ name: "slow", description: "left out of npm test; npm run test:slow runs these tests alone" }],
    isolate: false,
    maxWorkers: 2,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
