// Text in PNGs that comes out the same everywhere. sharp draws SVG text through fontconfig, which on a fresh server or
// container finds no fonts and draws empty boxes; so fontconfig is pointed at the fonts of the dejavu-fonts-ttf package.
// Not about SVG files themselves: their reader brings the fonts.
//
// fontconfig reads FONTCONFIG_FILE once per process, when text is first drawn (decoding images doesn't draw any), and
// sees only changes made on the main thread: in a worker, process.env is a copy.

import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where systems keep fonts, for scripts that DejaVu lacks (class names may be in any language). */
const systemFolders = [
  '/usr/share/fonts',
  '/usr/local/share/fonts',
  '/System/Library/Fonts',
  '/Library/Fonts',
  ...(process.platform === 'win32' ? ['WINDOWSFONTDIR'] : []),
];

let ready: Promise<void> | undefined;

/** Makes DejaVu Sans the first font of every text that this process draws. Idempotent; call before drawing. */
export function prepareFonts(): Promise<void> {
  ready ??= pointFontconfigAtPackage();
  return ready;
}

async function pointFontconfigAtPackage(): Promise<void> {
  const require = createRequire(import.meta.url);
  const fonts = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  let file: string;
  try {
    const folder = await mkdtemp(join(tmpdir(), 'ferlab-fonts-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    file = join(folder, 'fonts.conf');
    await writeFile(file, fontsConfiguration(fonts, join(folder, 'cache')));
  } catch {
    return; // No temporary folder to write to: the system's own fonts, if any, serve.
  }
  process.env.FONTCONFIG_FILE = file;
}

function fontsConfiguration(fonts: string, cache: string): string {
  const folders = [fonts, ...systemFolders].map((folder) => `<dir>${escapeXml(folder)}</dir>`);
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
${folders.join('\n')}
<cachedir>${escapeXml(cache)}</cachedir>
<cachedir>/var/cache/fontconfig</cachedir>
<cachedir prefix="xdg">fontconfig</cachedir>
<match target="pattern">
<edit name="family" mode="prepend" binding="strong"><string>DejaVu Sans</string></edit>
</match>
</fontconfig>
`;
}

/** Text for XML content and attribute values, without characters that XML 1.0 forbids. */
export function escapeXml(text: string): string {
  const allowed = Array.from(text, (character) => {
    const code = character.codePointAt(0)!;
    const control = code < 32 && code !== 9 && code !== 10 && code !== 13;
    const surrogate = code >= 0xd800 && code <= 0xdfff;
    return control || surrogate || code === 0xfffe || code === 0xffff ? '\ufffd' : character;
  }).join('');
  return allowed
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}
