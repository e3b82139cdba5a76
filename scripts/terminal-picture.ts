/** Width and height of a character, and what is around the text, in pixels of the picture. */
const column = 8.4;
const row = 19;
const margin = 18;

const colours: readonly (readonly [starts: RegExp, colour: string])[] = [
  [/^\$ /, '#ffffff'],
  [/^✓ /, '#7ee787'],
  [/^ {4}/, '#8b949e'],
  [/^…/, '#8b949e'],
];
const usual = '#d1d9e0';

/**
 * A picture of lines in a terminal, as an SVG that needs no script and no font of its own.
 *
 * @param title what the picture shows, for those who do not see it
 */
export function terminalPicture(lines: readonly string[], title: string): string {
  const widest = Math.max(...lines.map((line) => [...line].length));
  const width = Math.ceil(widest * column + 2 * margin);
  const height = lines.length * row + 2 * margin;
  const texts = lines.flatMap((line, index) => (line === '' ? [] : [textOf(line, margin + (index + 0.75) * row)]));
  const font = `font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    `<g ${font}>`,
    ...texts,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** With its length, so that columns stand below each other in whatever font the reader has. */
function textOf(line: string, y: number): string {
  const colour = colours.find(([starts]) => starts.test(line))?.[1] ?? usual;
  const length = ([...line].length * column).toFixed(1);
  return `<text x="${margin}" y="${y}" fill="${colour}" textLength="${length}" lengthAdjust="spacingAndGlyphs">${unbroken(line)}</text>`;
}

/** Of several spaces a picture shows one. */
function unbroken(line: string): string {
  return escaped(line).replaceAll(' ', '\u00a0');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
