import { longestLogLine, mostLogBytes } from '@picket/shared/protocol/logs.ts';
import { logWithoutSecrets } from '@picket/shared/secrets.ts';

/** Lines of one source. */
export interface LinesOf {
  readonly lines: readonly { readonly text: string; readonly at: number }[];
}

/**
 * The time of each line: its own, else that of the line before, since a panic has none. Lines before the first dated one have
 * its time, or `otherwise` if no line has one.
 */
export function dated(texts: readonly string[], otherwise: number): LinesOf['lines'] {
  const times = texts.map(timeOf);
  let at = times.find((time) => time !== null) ?? otherwise;
  return texts.map((text, index) => {
    at = times[index] ?? at;
    return { text, at };
  });
}

/** As etcd and the agent write it, in JSON. */
function timeOf(line: string): number | null {
  const [, written = ''] = /"(?:ts|time)":"([^"]{10,40})"/.exec(line.slice(0, 200)) ?? [];
  const at = Date.parse(written);
  return Number.isNaN(at) ? null : at;
}

/**
 * The newest lines of several sources in the order of their times, without secrets (R11), within what one answer may have. `cut`:
 * older ones are left out only because of these limits.
 *
 * @param from no line that is older, in milliseconds since the epoch
 */
export function newestLines(
  sources: readonly LinesOf[],
  { most, from }: { readonly most: number; readonly from: number | null },
): { readonly lines: readonly string[]; readonly cut: boolean } {
  // Of one source after the other: a private key over several lines must stay together.
  const merged = sources
    .flatMap(({ lines }) => lines)
    .filter(({ at }) => from === null || at >= from)
    .sort((left, right) => left.at - right.at)
    .map(({ text }) => text);
  const clean = logWithoutSecrets(merged, longestLogLine).filter((line) => line !== '');
  const wanted = clean.slice(-most);
  let bytes = 0;
  let kept = 0;
  for (const line of wanted.toReversed()) {
    bytes += Buffer.byteLength(JSON.stringify(line)) + 1;
    if (bytes > mostLogBytes) break;
    kept += 1;
  }
  return { lines: kept === 0 ? [] : wanted.slice(-kept), cut: kept < clean.length };
}
