import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { coded } from './codes-for-words.ts';

/**
 * What the demo prints, with placeholders for what no two runs share. How the cluster forms is left out: which of its waits
 * the demo sees depends on the speed of the machine, and the other transcripts have them.
 */
export function comparableDemo(output: string): string {
  const given = new Map<string, string>();
  const name = (found: RegExpMatchArray | null, placeholder: string) => {
    if (found?.[1] !== undefined) given.set(found[1], `<${placeholder}>`);
  };
  name(/^etcd (\S+); /m.exec(output), 'etcd-version');
  name(/is in (\S+)$/m.exec(output), 'folder');
  name(/^✓ coordinator: (\S+)$/m.exec(output), 'coordinator');
  name(/^✓ cluster ID ([0-9a-f]+)$/m.exec(output), 'cluster-id');
  for (const line of output.matchAll(/^ {2}(\S+): voter [0-9a-f]+$/gm)) {
    const [whole, member = ''] = line;
    name(/ ([0-9a-f]+)$/.exec(whole), `id-of-${member}`);
  }
  const serve = reason('all_serve', { count: 3, late: [] });
  given.set(inWords(serve), coded(serve.code, serve.facts));
  const lines = withUsualPorts(withoutFaults(output))
    .split('\n')
    .flatMap((line) => (isOfFormation(line) ? [] : [shownLine(line, given)]));
  return inOrder(lines).join('\n');
}

/** The known faults of etcd depend on the version that the tests run. */
function withoutFaults(output: string): string {
  return output.replace(/^Notices:\n {2}- .*\(etcd_has_known_faults\)\n\n/gm, '');
}

/** The demo takes other ports where somebody has those of etcd, such as another run of the tests. */
function withUsualPorts(output: string): string {
  const client = Number(/^\| https:\/\/127\.0\.0\.\d+:(\d+) /m.exec(output)?.[1] ?? 2379);
  return output.replace(/(?<=https:\/\/127\.0\.0\.1[123]:)\d+/g, (port) => String(Number(port) - client + 2379));
}

/** `  MEMBER: PHASE …` and `    waits for …`. */
function isOfFormation(line: string): boolean {
  return /^ {2}\S+: (?:joined|founding|adding|learner|voter)\b|^ {4}waits for /.test(line);
}

function shownLine(line: string, given: ReadonlyMap<string, string>): string {
  let shown = line;
  for (const [value, placeholder] of given) shown = shown.replaceAll(value, placeholder);
  shown = shown
    .replace(/, \d+\.\d s after/, ', <seconds> s after')
    .replace(/\b\d{4}-\d\d-\d\d \(\d+d left\)/g, '<date> (<days>d left)')
    .replace(/(?<=its agent, (?:by )?)\d{4}-\d\d-\d\d\b/g, '<date>')
    .replace(/\b[0-9a-f]{38,40}(?=$| *\|$)/, '<serial>');
  if (/^\+[-+]+\+$/.test(shown)) return '+---';
  const isFramed = shown.startsWith('|');
  if (!isFramed && !/\S {3,}\S/.test(shown)) return shown;
  // Widths follow what stands in the columns, and sizes and counts follow the moment.
  const cells = shown.split(isFramed ? '|' : / {3,}/).map((cell) => cell.trim());
  return cells
    .map((cell) => cell.replace(/^(?:\d+|\d+\/\d+|\d+s ago|[\d.]+ [kM]?B)$/, '<figure>'))
    .join(' | ')
    .trim();
}

/** etcdctl lists members by their IDs: here they stand by what comes first and is the same in each run. */
function inOrder(lines: readonly string[]): string[] {
  const keyOf = (line: string) => /^<id-of-\S+|^\| https:\S+/.exec(line)?.[0] ?? null;
  const sorted = [...lines];
  for (let from = 0; from < sorted.length; from += 1) {
    let to = from;
    while (keyOf(sorted[to] ?? '') !== null) to += 1;
    if (to > from) sorted.splice(from, to - from, ...sorted.slice(from, to).sort());
    from = Math.max(from, to);
  }
  return sorted;
}
