import { lineInWords } from '@picket/shared/etcd-log/line-in-words.ts';
import { readLine } from '@picket/shared/etcd-log/read-line.ts';
import { isEarlierMinor, minorOf } from '@picket/shared/etcd-version.ts';
import type { AnyReason, Reason } from '@picket/shared/reasons/reason.ts';
import { logWithoutSecrets } from '@picket/shared/secrets.ts';

/**
 * The lines of etcd's log that explain its end, without secrets (R11): its last fatal error or panic. If there is neither but
 * etcd did end, its very last line, unless that is about routine work. null if the log says nothing about an end.
 */
export function lastWords(lines: readonly string[], ended: boolean): string | null {
  const words = lines.map(wordsOf).filter(({ text }) => text !== '');
  const last = words.at(-1);
  const found = words.findLast(({ final }) => final) ?? (ended && last?.daily === false ? last : null);
  return found === null ? null : logWithoutSecrets([found.text], found.text.length).join('\n');
}

/**
 * Why an etcd that has ended does not start with its data: it is older than that, or than its cluster. null if it ended for another
 * reason.
 *
 * @param version the etcd that was started last: the last line of the log may be of an older one before it. null if it is not known
 */
export function refusalIn(lines: readonly string[], version: string | null): Reason | null {
  const last = lines.findLast((line) => wordsOf(line).final);
  const found = last === undefined ? null : (readLine(last)?.reason ?? null);
  const needed = found === null ? undefined : neededMinor(found);
  if (needed === undefined) return null;
  return version !== null && needed !== null && !isEarlierMinor(minorOf(version), needed) ? null : found;
}

/** The minor version that the data of a refused etcd needs, null if its log does not name it; undefined for another reason. */
export function neededMinor(refusal: AnyReason): string | null | undefined {
  const { cluster, data } = refusal.facts as { readonly cluster?: string | null; readonly data?: string };
  if (refusal.code === 'etcd_older_than_cluster') return cluster ?? null;
  return refusal.code === 'etcd_older_than_data' ? (data ?? null) : undefined;
}

interface Words {
  readonly text: string;
  readonly final: boolean;
  readonly daily: boolean;
}

function wordsOf(line: string): Words {
  const { level, text } = lineInWords(line);
  if (level !== null)
    return { text, final: level === 'fatal' || level === 'panic', daily: level === 'info' || level === 'debug' };
  // The last two are those of a flag that etcd refuses.
  const final = /^(?:panic: |fatal error: |flag (?:provided|needs) |invalid (?:boolean )?value )/.test(line);
  return { text, final, daily: false };
}
