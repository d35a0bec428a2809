// Test tiers: `structure` reads the sources, `unit` stands beside the code, `bench` beside the benchmarks, `e2e`
// runs the built program; `browser` opens pages in chromium, and `webgpu` runs on a GPU or a software driver: both say
// where they find none.
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

/** Imports that package.json decides (`#...`) lead to the sources, as relative ones do, not to what was built. */
const fromSources = { resolve: { conditions: ['ferlab-source', ...defaultServerConditions] } };

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'structure', include: ['test/structure/**/*.test.ts'] } },
      { ssr: fromSources, test: { name: 'unit', include: ['src/**/*.test.ts'], testTimeout: 30_000 } },
      { test: { name: 'bench', include: ['bench/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 300_000 } },
      {
        ssr: fromSources,
        test: {
          name: 'webgpu',
          include: ['test/webgpu/**/*.test.ts'],
          testTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        ssr: fromSources,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
