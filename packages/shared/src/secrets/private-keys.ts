import { matchAt } from './match-at.ts';

const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const end = /-----END [A-Z0-9 ]{0,40}-----/y;
/** Such as `Proc-Type: 4,ENCRYPTED`. */
const headers = /(?:(?:\r?\n|(?:\\{1,16}[rn]){1,2})[ \t]{0,16}[A-Za-z-]{1,30}: [^\r\n\\"]{0,100})*/y;
/** Base64 and line ends, also as JSON writes them. */
const body = /(?:[A-Za-z0-9+/=\s]|\\{1,16}[nrt])*/y;
const lineEnds = /(?:\s|\\{1,16}[nrt])+/;
/** Programs write longer lines of base64; only the last line of a key, and the checksum behind it, are shorter. */
const shortestLine = 40;
/** Base64 of an RSA key of 16384 bits has fewer lines, also if somebody breaks each of them in two. More may be words of a log. */
const mostShortLines = 400;
/** Behind a line of a key in a line of the log, in characters. */
const longestRest = 1000;

/**
 * The text without private keys in PEM. Of a key without its end, it removes the rest of the line or of the value in JSON: anybody may
 * write the first line of a key into a log, and must not hide what follows. Takes linear time.
 */
export function withoutPrivateKeys(text: string): string {
  let cleaned = '';
  let done = 0;
  begin.lastIndex = 0;
  for (let found = begin.exec(text); found !== null; found = begin.exec(text)) {
    const inside = found.index + found[0].length;
    const length = lengthOfKey(untilNextKey(text, inside));
    const until = length === null ? endOfValue(text, inside) : inside + length;
    const { lines, next } = length === null ? linesOfKey(untilNextKey(text, until), until) : nothingMore(until);
    cleaned += `${text.slice(done, found.index)}(a private key)${lines}`;
    done = next;
    begin.lastIndex = next;
  }
  return cleaned + text.slice(done);
}

/** A key ends before the next one begins. So however many first lines there are, no text is looked at for more than one of them. */
function untilNextKey(text: string, from: number): string {
  begin.lastIndex = from;
  return text.slice(from, begin.exec(text)?.index);
}

/** How much of the text behind its first line belongs to a key; null if something else comes before a last line. */
function lengthOfKey(text: string): number | null {
  const from = matchAt(headers, text, 0).length;
  const written = matchAt(body, text, from);
  const last = matchAt(end, text, from + written.length);
  if (last === '') return null;
  const lines = written.split(lineEnds).filter((line) => line !== '' && !line.startsWith('='));
  const short = lines.slice(0, -1).filter((line) => line.length < shortestLine);
  return short.length > mostShortLines ? null : from + written.length + last.length;
}

/** Where the line ends, or the value in JSON. */
function endOfValue(text: string, from: number): number {
  let until = from;
  while (until < text.length && text[until] !== '\n' && text[until] !== '"') until += 1;
  if (text[until] === '"') while (until > from && text[until - 1] === '\\') until -= 1;
  return until;
}

interface Rest {
  /** What stands for the text from the end of the value to `next`. */
  readonly lines: string;
  readonly next: number;
}

const nothingMore = (next: number): Rest => ({ lines: '', next });

/**
 * The rest of a key of which each line is in a line of the log of its own: what comes behind base64 is the same in all of them. If
 * anything else comes before the key's last line, it is no key.
 *
 * @param text from the end of the value on, which is at `until`
 */
function linesOfKey(text: string, until: number): Rest {
  const rest = text.slice(0, longestRest).indexOf('\n');
  if (rest === -1) return nothingMore(until);
  const first = text.slice(0, rest);
  const lines = [first];
  let at = rest;
  for (let isLast = false; text[at] === '\n'; ) {
    const line = lineFrom(text, at + 1);
    if (!line.endsWith(first)) break;
    const said = line.slice(0, line.length - first.length);
    const mark = said.lastIndexOf('-----END ');
    at += 1 + line.length;
    if (mark !== -1 && matchAt(end, said, mark).length === said.length - mark) {
      return { lines: [...lines, `${said.slice(0, mark)}(a private key)${first}`].join('\n'), next: until + at };
    }
    const start = startOfBase64(said);
    const isShort = said.length - start < shortestLine;
    if (isLast || start === said.length || (isShort && lines.length === 1)) break;
    isLast = isShort;
    lines.push(`${said.slice(0, start)}(a private key)${first}`);
  }
  return nothingMore(until);
}

function lineFrom(text: string, from: number): string {
  const until = text.indexOf('\n', from);
  return text.slice(from, until === -1 ? text.length : until);
}

function startOfBase64(text: string): number {
  let start = text.length;
  while (start > 0 && /[A-Za-z0-9+/=]/.test(text[start - 1] ?? '')) start -= 1;
  return start;
}
