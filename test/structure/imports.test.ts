// The directions in which folders may import each other. The drawing is in docs/architecture.md.

import { existsSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { directions } from './directions.js';
import { type Import, importsOf, packageOf, projectFiles, readText, root, sources } from './sources.js';

/** The doors of rooms within rooms: what other rooms may import of them. Their other files are their own affair. */
const doors: Record<string, string[]> = {
  'data/dataset': [
    ...['bad-files', 'class-folder', 'class-structure', 'contents', 'evaluation-split', 'fer-csv', 'layout'],
    ...['overlay', 'reader', 'split-names', 'types'],
  ],
  'data/store': ['batches', 'image-tasks', 'store', 'subset', 'thread-pool', 'worker-pool'],
  'data/votes': ['soft-labels'],
  'data/sample': ['write'],
  'train/config': ['config', 'presets', 'sections/imported', 'settings', 'stored-network'],
  'train/loop': ['events', 'fit', 'learning-rate', 'monitor', 'prepare', 'run-config', 'task'],
  'train/run': ['fingerprints', 'run-folder', 'stored-run', 'train-run'],
  'train/classification': [
    ...['extra-sources', 'kind', 'model-file', 'start-network', 'stored-config', 'training-data'],
  ],
};

/** What rooms outside train/ may import of it. */
const trainingDoors = [
  'train/train',
  'train/open-run',
  'train/config/config',
  'train/config/presets',
  'train/config/settings',
  'train/config/stored-network',
  'train/detection/train-cascade',
  'train/detection/train-detector',
  'train/detection/train-points',
  'train/loop/events',
  'train/loop/run-config',
  'train/classification/extra-sources',
  'train/classification/training-data',
];

/** Packages that one place alone may import, so that replacing one changes one place. */
const onlyImporters: Record<string, RegExp> = {
  'onnxruntime-node': /^src\/engine\/runtime\/onnxruntime-node\.ts$/,
  'onnxruntime-web': /^src\/engine\/runtime\/onnxruntime-web\.ts$/,
  '#image-decoder': /^src\/predict\/image-input\.ts$/,
  '#onnxruntime': /^src\/engine\/runtime\/session\.ts$/,
  '@bufbuild/protobuf': /^src\/(engine\/onnx|interop\/onnx|track)\//,
  commander: /^src\/cli\//,
  h5wasm: /^src\/interop\/hdf5\//,
  echarts: /^src\/plots\//,
  '@resvg/resvg-js': /^src\/report\/svg-to-png\.ts$/,
  'csv-parse': /^src\/data\//,
};

function partOf(file: string): string {
  const inside = file.replace(/^src\//, '').replace(/\.ts$/, '');
  const parts = Object.keys(directions).filter((part) => inside === part || inside.startsWith(`${part}/`));
  return parts.sort((a, b) => b.length - a.length)[0] ?? `${inside}, which the table of directions lacks`;
}

function reachable(part: string, through: readonly string[] = []): Set<string> {
  if (through.includes(part))
    throw new Error(`directions go in a circle: ${[...through, part].join(' <- ')}`);
  const direct = directions[part] ?? [];
  return new Set([part, ...direct.flatMap((next) => [...reachable(next, [...through, part])])]);
}

/** What runs in a page, as tsconfig.portable.json lists it: there the compiler checks it without Node's types. */
const portable = ts.parseConfigFileTextToJson('', readText('tsconfig.portable.json')).config as {
  include: string[];
  exclude: string[];
};
const isPortable = (file: string) =>
  !portable.exclude.includes(file) &&
  portable.include.some((place) => file === place || file.startsWith(`${place}/`));

const portablePackages = new Set([
  '#image-decoder',
  '#onnxruntime',
  'onnxruntime-common',
  'onnxruntime-web',
  '@bufbuild/protobuf',
  'echarts',
  'zod',
  'csv-stringify',
  'markdown-table',
  'string-width',
]);

const imports = sources.flatMap(importsOf);
const inside = imports.filter(({ to }) => to.startsWith('src/'));
const outside = imports.filter(({ to }) => !to.startsWith('src/'));
const describeImport = ({ from, to }: Import) => `${from} imports ${to}`;

describe('imports', () => {
  it('are found', () => {
    expect(inside.length).toBeGreaterThan(50);
    expect(inside.filter(({ to }) => !existsSync(path.join(root, to))).map(describeImport)).toEqual([]);
  });

  it('follow the directions of the folders', () => {
    const wrong = inside.filter(({ from, to }) => !reachable(partOf(from)).has(partOf(to)));
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it('of rooms within rooms go through their doors, and every door is used', () => {
    const nameOf = (file: string) => file.replace(/^src\//, '').replace(/\.ts$/, '');
    const crossing = (room: string) =>
      inside.filter(({ from, to }) => to.startsWith(`src/${room}/`) && !from.startsWith(`src/${room}/`));
    const open = [
      ...Object.entries(doors).map(
        ([room, names]) => [room, names.map((name) => `${room}/${name}`)] as const,
      ),
      ['train', trainingDoors] as const,
    ];
    for (const [room, allowed] of open) {
      const entering = crossing(room);
      expect(entering.filter(({ to }) => !allowed.includes(nameOf(to))).map(describeImport), room).toEqual(
        [],
      );
      const used = new Set(entering.map(({ to }) => nameOf(to)));
      expect(
        allowed.filter((door) => !used.has(door)),
        `unused doors of ${room}`,
      ).toEqual([]);
    }
  });

  it('of the public entry load what predicting needs alone: a program waits for each package', () => {
    const loaded = new Set<string>();
    const load = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      for (const { to, typeOnly, dynamic } of importsOf(file)) {
        if (typeOnly || dynamic) continue;
        if (to.startsWith('src/')) load(to);
        else if (!to.startsWith('node:')) loaded.add(packageOf(to));
      }
    };
    load('src/index.ts');
    expect([...loaded].filter((name) => !name.startsWith('src/'))).toEqual(['#onnxruntime']);
  });

  it('go in no circle from file to file', () => {
    const imported = (file: string) => inside.filter(({ from }) => from === file);
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, through: readonly string[]) => {
      if (through.includes(file)) circles.push([...through.slice(through.indexOf(file)), file].join(' -> '));
      if (done.has(file) || through.includes(file)) return;
      for (const { to } of imported(file)) visit(to, [...through, file]);
      done.add(file);
    };
    for (const file of sources) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('keep the program that only predicts free of gradients', () => {
    const seen = new Set<string>();
    const visit = (file: string) => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const entry of inside) if (entry.from === file && !entry.typeOnly) visit(entry.to);
    };
    for (const file of sources.filter((name) => name.startsWith('src/predict/'))) visit(file);
    expect(
      [...seen].filter((file) =>
        /^src\/(engine\/(autodiff|ops|nn|optim|compile)|models|train|data)\//.test(file),
      ),
    ).toEqual([]);
  });

  it('load plots and what draws text only when something is drawn', () => {
    const loaded = (start: string) => {
      const seen = new Set<string>();
      const packages = new Set<string>();
      const visit = (file: string) => {
        if (seen.has(file)) return;
        seen.add(file);
        for (const { from, to, typeOnly, dynamic } of imports) {
          if (from !== file || typeOnly || dynamic) continue;
          if (to.startsWith('src/')) visit(to);
          else packages.add(packageOf(to));
        }
      };
      visit(start);
      return packages;
    };
    const drawing = ['echarts', '@resvg/resvg-js'];
    for (const file of ['src/evaluate/evaluate.ts', 'src/evaluate/calibrate.ts', 'src/audit/audit.ts']) {
      expect(drawing.filter((name) => loaded(file).has(name))).toEqual([]);
    }
    expect(drawing.filter((name) => loaded('src/report/report.ts').has(name))).toEqual(drawing);
  });

  it('of portable rooms lead to portable rooms and to packages that run in a page', () => {
    const files = sources.filter(isPortable);
    expect(files.length).toBeGreaterThan(80);
    const wrong = imports.filter(
      ({ from, to }) =>
        isPortable(from) && !(to.startsWith('src/') ? isPortable(to) : portablePackages.has(packageOf(to))),
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it("of the studio's page lead to portable rooms of src/", () => {
    const files = projectFiles(['studio'], (file) => /\.tsx?$/.test(file));
    const found = files.flatMap((from) =>
      [...readText(from).matchAll(/^(?:import|export)\b[^'"]*?from '(\.[^'?]+)'/gm)].map(([, to = '']) => ({
        from,
        to: path.posix.join(path.posix.dirname(from), to).replace(/\.js$/, '.ts'),
      })),
    );
    const used = found.filter(({ to }) => to.startsWith('src/'));
    expect(used.length).toBeGreaterThan(10);
    expect(used.filter(({ to }) => !isPortable(to))).toEqual([]);
  });

  it('name declared dependencies, and node: for what comes with Node', () => {
    const { dependencies, peerDependencies, imports } = JSON.parse(readText('package.json')) as Record<
      string,
      object
    >;
    const declared = { ...dependencies, ...peerDependencies, ...imports };
    const wrong = outside.filter(({ to }) => !to.startsWith('node:') && !(packageOf(to) in declared));
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it('of some packages happen in one place', () => {
    expect(
      Object.keys(onlyImporters).filter((name) => !outside.some(({ to }) => packageOf(to) === name)),
    ).toEqual([]);
    const wrong = outside.filter(({ from, to }) => onlyImporters[packageOf(to)]?.test(from) === false);
    expect(wrong.map(describeImport)).toEqual([]);
  });
});
