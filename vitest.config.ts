// Test tiers: `structure` reads the sources, `unit` and `unit apart` stand beside the code, `bench` beside the benchmarks, `e2e`
// runs the built program; `browser` and `studio` open pages in chromium, and `webgpu` runs on a GPU or a software driver: all
// say where they find none.
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

/** Imports that package.json decides (`#...`) lead to the sources, as relative ones do, not to what was built. */
const fromSources = { resolve: { conditions: ['ferlab-source', ...defaultServerConditions] } };

/** Compiles src/ where it has changed: workers, commands and what benchmarks import run from dist/. */
const built = { globalSetup: ['test/build.js'] };

/** What was built is imported as Node imports it, not through Vite. */
const asBuilt = { server: { deps: { external: [/\/dist\//] } } };

/** Tests that put other modules, clocks, paths or working folders in the place of the process's own. */
const apart = [
  'src/cli/commands/audit.test.ts',
  'src/serve/dispatcher.test.ts',
  'src/film/read-film.test.ts',
];

export default defineConfig({
  test: {
    // Vitest leaves one core free; on two that halves the speed.
    maxWorkers: '100%',
    projects: [
      { test: { name: 'structure', include: ['test/structure/**/*.test.ts'] } },
      // One process after the other takes many files and keeps what they import: it is most of a small file's time.
      {
        ssr: fromSources,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          exclude: apart,
          isolate: false,
          ...built,
          testTimeout: 30_000,
        },
      },
      {
        ssr: fromSources,
        test: { name: 'unit apart', include: apart, ...built, testTimeout: 30_000 },
      },
      {
        test: {
          name: 'bench',
          include: ['bench/**/*.test.ts'],
          ...built,
          ...asBuilt,
          testTimeout: 60_000,
          hookTimeout: 300_000,
        },
      },
      {
        ssr: fromSources,
        test: {
          name: 'webgpu',
          include: ['test/webgpu/**/*.test.ts'],
          ...built,
          ...asBuilt,
          testTimeout: 180_000,
        },
      },
      {
        ssr: fromSources,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          ...built,
          ...asBuilt,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'studio',
          include: ['test/studio/**/*.test.ts'],
          globalSetup: ['test/studio/build.js'],
          ...asBuilt,
          // Each has an engine with a thread for every core.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 90_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: [...built.globalSetup, 'test/e2e/trained-run.ts'],
          ...asBuilt,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
