// How Vite builds the studio's page: from studio/ and the portable rooms of src/ to dist/studio/page. scripts/page.js calls it.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defineConfig } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Sources instead of dist/, and an engine whose WebAssembly is a file of its own. */
const conditions = ['ferlab-source', 'onnxruntime-web-use-extern-wasm', 'browser'];

export default defineConfig({
  root: here,
  base: './',
  publicDir: false,
  resolve: {
    conditions: [...conditions, ...defaultClientConditions],
    // WebGPU brings an engine of 27 MB and no speed to networks this small: the page doesn't ship it.
    alias: [{ find: 'onnxruntime-web/webgpu', replacement: path.join(here, 'engine/without-webgpu.ts') }],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es', rolldownOptions: { checks: { ineffectiveDynamicImport: false } } },
  build: {
    outDir: path.join(here, '../dist/studio/page'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    // Files of their own, by the content security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // The worker imports the page's decoder at once, on purpose, where the library waits for the first picture.
    rolldownOptions: { checks: { ineffectiveDynamicImport: false } },
  },
});
