// Text inside XML and SVG documents.

/** Text with a replacement character for each that XML 1.0 forbids. */
export function allowedInXml(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0)!;
    const control = code < 32 && code !== 9 && code !== 10 && code !== 13;
    const surrogate = code >= 0xd800 && code <= 0xdfff;
    return control || surrogate || code === 0xfffe || code === 0xffff ? '\ufffd' : character;
  }).join('');
}

/** Text for XML content and attribute values, without characters that XML 1.0 forbids. */
export function escapeXml(text: string): string {
  return allowedInXml(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}
