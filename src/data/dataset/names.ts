// Names that look alike and differ: composed and decomposed letters (macOS stores ö as o and a diaeresis), blanks at the
// end, capitals.

/** The same for names that no person can tell apart and Unicode counts as equal. */
export function canonical(name: string): string {
  return name.normalize('NFC');
}

/** Where `name` stands among `names`, letters composed or not; -1 where it doesn't. */
export function placeOf(names: readonly string[], name: string): number {
  const exact = names.indexOf(name);
  return exact >= 0 ? exact : names.findIndex((other) => canonical(other) === canonical(name));
}

/** Whether all of a name can be seen. */
const plain = /^[\p{L}\p{N}\p{P}\p{S}]+(?: [\p{L}\p{N}\p{P}\p{S}]+)*$/u;

/** A name for an error message: in quotes, with escapes, where part of it is invisible. */
export function shownName(name: string): string {
  if (plain.test(name)) return name;
  const escaped = JSON.stringify(name).replace(
    /[^\p{L}\p{N}\p{P}\p{S}\p{M} ]/gu,
    (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
  return escaped;
}

/** " ("happy " and happy differ in blanks alone)" for names that are nearly one of `others`; empty where none is. */
export function describeLookalikes(names: readonly string[], others: readonly string[]): string {
  const loose = (name: string) =>
    canonical(name)
      .normalize('NFKC')
      .replace(/\p{Cf}/gu, '')
      .trim()
      .replace(/\s+/g, ' ')
      .toLowerCase();
  for (const name of names) {
    const alike = others.find((other) => other !== name && loose(other) === loose(name));
    if (alike === undefined) continue;
    const differ =
      canonical(alike).toLowerCase() === canonical(name).toLowerCase()
        ? 'capitals'
        : 'blanks or invisible characters';
    return ` (${shownName(name)} and ${shownName(alike)} differ in ${differ}: rename one of them)`;
  }
  return '';
}
