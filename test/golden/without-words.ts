import { type ErrorCode, PicketError } from '@picket/shared/errors.ts';
import { eventInWords } from '@picket/shared/events/in-words.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * A JSON value without the words of reasons, events and errors, which are compared where they are made. Words that are not those
 * of the code and facts beside them stay.
 */
export function withoutWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutWords);
  if (typeof value !== 'object' || value === null) return value;
  const words = wordsOf({ ...value });
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => (words[name] === inner ? [] : [[name, withoutWords(inner)]])),
  );
}

/** The words that the tables make for what a reason, an event or an error has besides. */
function wordsOf({ code, kind, facts, details, hint }: Fields): Fields {
  const [given, of] = [{ ...(facts as object) }, { ...(details as PicketError['details']) }];
  if (typeof code === 'string' && typeof hint === 'string') {
    const error = new PicketError(code as ErrorCode, of);
    return { message: error.message, hint: error.hint };
  }
  if (facts === undefined) return {};
  if (typeof code === 'string') return { message: inWords({ code, facts: given }) };
  if (typeof kind === 'string') return { message: eventInWords({ kind, facts: given }) };
  return {};
}
