import { matchAt } from './match-at.ts';
import { endOfQuoted, quotesAt } from './quoted.ts';

/** A word, and what stands between a name and its value: `password=`, `"password" :`, `--password `, `"--password",`. */
const named = /(?<![\w-])([\w-]+)(\\*["']?[ \t]*[=:][ \t]*|\\*["'],[ \t]*(?=\\*["'])|[ \t]+)/g;
/** How the name of a secret ends, without hyphens and underscores. */
const endOfName =
  /(?:pass(?:word|wd|phrase)|secret|token|authorization|cookies?|(?:api|access|private|signing|secret|encryption)key|accesskeyid|keydata|amzsignature)$/;
/** Of a longer name only the end is looked at. */
const longestEnd = 40;

/** Whether a value of this name is a secret: `client-key-data`, `etcd-s3-secret-key` or `DB_PASSWORD`. */
function isNameOfSecret(name: string): boolean {
  const end = name.slice(-longestEnd).toLowerCase();
  return endOfName.test(end.replaceAll(/[-_]/g, '')) || /(?:^|[-_])pass$/.test(end);
}

/**
 * The text with `…` for each value behind the name of a secret: of settings, options of a command, fields of JSON, also within JSON, and
 * headers. JSON stays JSON. Takes linear time.
 *
 * @param isLog also the values of keys, as etcd prints a request or a response: `value:"…"`
 */
export function withoutNamedValues(text: string, isLog: boolean): string {
  let cleaned = '';
  let done = 0;
  named.lastIndex = 0;
  for (let found = named.exec(text); found !== null; found = named.exec(text)) {
    const [whole, name = '', sign = ''] = found;
    const at = found.index + whole.length;
    const value = secretAt({ name, sign }, text, at, isLog);
    // What is no secret may be the next name.
    named.lastIndex = value?.until ?? found.index + name.length;
    if (value === null) continue;
    cleaned += text.slice(done, at) + value.instead;
    done = value.until;
  }
  return cleaned + text.slice(done);
}

interface Named {
  readonly name: string;
  readonly sign: string;
}

interface Value {
  readonly instead: string;
  readonly until: number;
}

/** The value at this place; null if it is none, or no secret. */
function secretAt({ name, sign }: Named, text: string, at: number, isLog: boolean): Value | null {
  const isSign = /[=:]/.test(sign);
  if (isLog && sign.startsWith(':') && /value$/i.test(name)) return quotedValue(text, at);
  // Only an option has its value behind a blank, or as the next text of a list.
  if (!isSign && !name.startsWith('--')) return null;
  if (!isNameOfSecret(name)) return null;
  if (text[at] === '[') return listOfValues(text, at);
  return quotedValue(text, at) ?? bareValue({ name, sign }, text, at);
}

function quotedValue(text: string, at: number): Value | null {
  const quotes = quotesAt(text, at);
  if (quotes === '') return null;
  const { until, isClosed } = endOfQuoted(text, at, quotes);
  return { until, instead: `${quotes}…${isClosed ? quotes : ''}` };
}

/** `["Basic …"]` in JSON, `[Basic …]` as Go prints it. */
function listOfValues(text: string, at: number): Value {
  const quotes = quotesAt(text, at + 1);
  let until = at + 1;
  if (quotes === '') until += matchAt(/[^\]\n"']*/y, text, until).length;
  for (let next = quotes; next !== ''; next = quotesAt(text, until)) {
    until = endOfQuoted(text, until, next).until;
    until += matchAt(/[ \t,]*/y, text, until).length;
  }
  const isClosed = text[until] === ']';
  return { until: until + (isClosed ? 1 : 0), instead: `[${quotes}…${quotes}${isClosed ? ']' : ''}` };
}

const scheme = /(?:basic|bearer|digest|negotiate|token|aws4-hmac-sha256)[ \t]+/iy;
const restOfLine = /[^\n"']+/y;
const word = /(?:[^\s"'`\\,;&]|\\+(?![\\"'nrtu]))+/y;
const inJson = /[^\s"'\\,\]}]+/y;

function bareValue({ name, sign }: Named, text: string, at: number): Value | null {
  const quote = matchAt(/\\*["']/y, sign, 0);
  if (quote !== '') {
    // A field of JSON: a number must not become what JSON does not know.
    const literal = matchAt(inJson, text, at);
    const isKept = ['', 'null', 'true', 'false'].includes(literal) || literal.startsWith('{');
    return isKept ? null : { until: at + literal.length, instead: `${quote}…${quote}` };
  }
  const kind = matchAt(scheme, text, at);
  const isWhole = /cookies?$/i.test(name) || /^(?:digest|aws4)/i.test(kind);
  const from = at + kind.length;
  // To read the value first would read the rest of the line again for each name in it.
  if (isNoValue(text[from], sign)) return null;
  const value = matchAt(isWhole ? restOfLine : word, text, from);
  return value === '' ? null : { until: from + value.length, instead: `${kind}…` };
}

/** Whether what begins so is a list or an object, or the next option of a command. */
function isNoValue(first: string | undefined, sign: string): boolean {
  return first === '[' || first === '{' || (first === '-' && !/[=:]/.test(sign));
}
