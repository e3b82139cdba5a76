import { parseJson } from '../parse-json.ts';

/** A line of etcd's log as a person reads it. */
export interface LineInWords {
  /** Such as `fatal`; null for a line of another form, such as a panic on the console. */
  readonly level: string | null;
  /** Its message with its error, without the other fields. A line of another form as it is. May hold control characters. */
  readonly text: string;
}

/**
 * etcd writes JSON with the level first. Of a line that is cut off, or whose end or beginning a power cut has damaged, what can still
 * be read is shown, with `…`; that may be nothing. Pure.
 */
export function lineInWords(line: string): LineInWords {
  const start = line.indexOf('{"level":');
  const plain = { level: null, text: line };
  if (start === -1) return plain;
  const entry = line.slice(start);
  const whole = parseJson(entry) as Fields | undefined;
  const { level, msg, error, panic } = whole ?? tornFields(entry);
  const what = [msg, error ?? panic].filter((one) => typeof one === 'string' && one !== '');
  // etcd 3.6 and 3.7 panic in a job: the message only says that a job failed.
  const text = [...new Set(what)].join(': ');
  const said = { level: typeof level === 'string' ? level : null, text };
  if (whole === undefined) return text === '' ? said : { ...said, text: `${text}…` };
  return text === '' ? plain : said;
}

interface Fields {
  readonly level?: unknown;
  readonly msg?: unknown;
  readonly error?: unknown;
  readonly panic?: unknown;
}

/** The fields as far as they can be read. */
function tornFields(entry: string): Fields {
  const [readable = ''] = entry.split('\0', 1);
  return {
    level: unquoted(/"level":"((?:[^"\\]|\\.)*)/.exec(readable)?.[1]),
    msg: unquoted(/"msg":"((?:[^"\\]|\\.)*)/.exec(readable)?.[1]),
    error: unquoted(/"error":"((?:[^"\\]|\\.)*)/.exec(readable)?.[1]),
    panic: unquoted(/"panic":"((?:[^"\\]|\\.)*)/.exec(readable)?.[1]),
  };
}

/** What a string of JSON says, given without its quotes. */
function unquoted(written: string | undefined): unknown {
  return written === undefined ? undefined : (parseJson(`"${written}"`) ?? written);
}
