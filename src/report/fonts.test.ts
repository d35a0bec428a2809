import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { escapeXml } from '../format/xml.js';

/** Runs in a process of its own, since fontconfig reads its configuration once. Prints the ink widths of two texts. */
const program = `
import sharp from 'sharp';
import { prepareFonts } from './fonts.mjs';
const svg = (body) => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="300" height="40"><rect width="300" height="40" fill="#fff"/>' + body + '</svg>');
// Images are decoded, and a drawing without text is made, before the fonts are prepared.
await sharp(await sharp(svg('<circle r="9"/>')).png().toBuffer()).raw().toBuffer();
if (process.argv[2] === 'prepared') await prepareFonts();
const width = async (text, family) =>
  (await sharp(svg('<text x="9" y="28" font-size="20" font-family="' + family + '">' + text + '</text>')).trim().toBuffer({ resolveWithObject: true })).info.width;
console.log(JSON.stringify([await width('illicit', 'Arial'), await width('MWMWMWM', 'Arial'), await width('illicit', 'DejaVu Serif')]));
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ferlab-fonts-test-'));
  const source = readFileSync(new URL('./fonts.ts', import.meta.url), 'utf8');
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  writeFileSync(
    join(folder, 'fonts.mjs'),
    ts.transpileModule(source, { compilerOptions: options }).outputText,
  );
  writeFileSync(join(folder, 'program.mjs'), program);
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
  symlinkSync(modules, join(folder, 'node_modules'), 'junction');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function widths(argument: string, hideSystemFonts: boolean): [number, number, number] {
  const node = [process.execPath, join(folder, 'program.mjs'), argument];
  const hide = 'mount -t tmpfs none /usr/share/fonts && mount -t tmpfs none /etc/fonts && exec "$@"';
  const [command, ...rest] = hideSystemFonts ? ['unshare', '--mount', 'sh', '-c', hide, 'sh', ...node] : node;
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CACHE_HOME: folder };
  delete (env as NodeJS.ProcessEnv).FONTCONFIG_FILE;
  const output = execFileSync(command!, rest, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
  return JSON.parse(output) as [number, number, number];
}

/** In DejaVu Sans at 20 pixels, by the font's advance widths (i, l 5.56; c 11; t 7.84; M 17.26; W 19.77), less bearings. */
function expectDejaVu([narrow, wide, serif]: [number, number, number]): void {
  expect(narrow).toBeGreaterThan(40);
  expect(narrow).toBeLessThan(54);
  expect(wide).toBeGreaterThan(120);
  expect(wide).toBeLessThan(132);
  expect(serif).toBe(narrow);
}

describe('prepareFonts', () => {
  it('draws every text in DejaVu Sans, also after sharp was used', ({ skip }) => {
    if (process.platform === 'win32') skip('fontconfig reads the environment differently there');
    expectDejaVu(widths('prepared', false));
  });

  it('does so on a machine without any font, where text would be boxes', ({ skip }) => {
    if (process.platform !== 'linux') skip('hides fonts by Linux mounts');
    if (process.getuid?.() !== 0) skip('needs root, to hide the fonts of this machine');
    let boxes: [number, number, number];
    try {
      boxes = widths('plain', true);
    } catch (error) {
      return skip(`mounts are not allowed here: ${(error as Error).message}`);
    }
    // Boxes have one width for all letters.
    expect(boxes[1]).toBe(boxes[0]);
    expectDejaVu(widths('prepared', true));
  });
});

describe('escapeXml', () => {
  it('escapes what XML reserves and replaces what it forbids', () => {
    expect(escapeXml(`<a b="c">&'`)).toBe('&lt;a b=&quot;c&quot;&gt;&amp;&apos;');
    expect(escapeXml('a\u0000b\u001bc\ud800')).toBe('a\ufffdb\ufffdc\ufffd');
    expect(escapeXml('tab\t and 😀')).toBe('tab\t and 😀');
  });
});
