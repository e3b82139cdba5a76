import { reasonOf } from '@picket/shared/errors.ts';
import { type LogAnswer, type LogOrder, longestLogLine, mostLogBytes } from '@picket/shared/protocol/logs.ts';
import { type AnyReason, reason } from '@picket/shared/reasons/reason.ts';
import { logWithoutSecrets } from '@picket/shared/secrets.ts';
import { type FilePlace, filePage } from '../host/file-page.ts';
import type { EtcdUnit } from '../host/host.ts';
import type { OwnOutput } from '../host/own-output.ts';
import { journalPage } from '../host/systemd/journal.ts';
import { reported } from '../model/reported.ts';

/** Where the lines of a log are. */
interface LogSources {
  readonly files: readonly { readonly name: string; readonly path: string; readonly isOwnOutput?: true }[];
  /** The service whose output is in systemd's journal; null if there is none. */
  readonly service: string | null;
}

/** etcd's own log, and its standard output and error, which has what it says before it has a log, and panics. */
export function etcdSources(
  { logFile, consoleFile }: Pick<EtcdUnit, 'logFile' | 'consoleFile'>,
  init: string,
): LogSources {
  const log = { name: 'log', path: logFile };
  if (init === 'systemd') return { files: [log], service: 'etcd.service' };
  return { files: [{ name: 'console', path: consoleFile }, log], service: null };
}

/** null if the output of the agent is not kept. */
export function agentSources(output: OwnOutput): LogSources | null {
  if (output.kind === 'elsewhere') return null;
  if (output.kind === 'journal') return { files: [], service: output.service };
  return { files: [{ name: 'output', path: output.path, isOwnOutput: true }], service: null };
}

interface Read extends LinesOf {
  /** There is more before these lines. */
  readonly skips: boolean;
}

/**
 * Reads what an order asks for, at most half a megabyte of each source. Never throws: an answer may say why there are no lines.
 *
 * @param now this machine's clock, in milliseconds since the epoch
 * @param journalctl the program
 */
export async function readLog(
  sources: LogSources | null,
  { lines: most, sinceSeconds, cursor }: Pick<LogOrder, 'lines' | 'sinceSeconds' | 'cursor'>,
  { now, journalctl = 'journalctl' }: { readonly now: number; readonly journalctl?: string },
): Promise<LogAnswer> {
  if (sources === null) return { problem: reason('log_goes_elsewhere') };
  const after = cursor === null ? null : placesOf(cursor);
  const problems: AnyReason[] = [];
  const found: Read[] = [];
  const files: Record<string, FilePlace> = {};
  for (const { name, path, isOwnOutput } of sources.files) {
    const known = after?.files[name] ?? null;
    const page = await filePage(path, known, isOwnOutput).catch((error: unknown) => {
      problems.push(reasonOf(error));
      return null;
    });
    const place = page?.end ?? known;
    if (place !== null) files[name] = place;
    if (page !== null) found.push({ lines: dated(page.lines, page.writtenAt), skips: page.skips });
    else problems.push(reason('log_missing', { path }));
  }
  let journal: LogPlaces['journal'] = after?.journal ?? null;
  const { service } = sources;
  if (service !== null) {
    const page = await journalPage(journalctl, { service, after: journal, count: most });
    journal = page?.end ?? journal;
    if (page !== null) found.push({ lines: page.lines, skips: false });
    else problems.push(reason('journal_unreadable', { service }));
  }
  const [problem] = problems;
  if (found.length === 0 && problem !== undefined) return { problem: reported(problem) };
  const from = sinceSeconds === null ? null : now - sinceSeconds * 1000;
  const newest = newestLines(found, { most, from });
  const skips = found.some((one) => one.skips && (from === null || (one.lines[0]?.at ?? now) >= from));
  const isCut = newest.cut || skips;
  // Without a cursor, that number of the newest lines is what was asked for.
  const cut = isCut && (after !== null || newest.lines.length < most);
  return { lines: [...newest.lines], cursor: cursorOf({ files, journal }), cut };
}

/** How far a reader has come in each source of a log, by the name of the source. */
interface LogPlaces {
  readonly files: Readonly<Record<string, FilePlace>>;
  readonly journal: string | null;
}

/** As the operator gets it. */
export function cursorOf(places: LogPlaces): string {
  return Buffer.from(JSON.stringify(places)).toString('base64url');
}

/** null for a cursor that this agent did not make: reading then begins with the newest lines. */
export function placesOf(cursor: string): LogPlaces | null {
  try {
    const read = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as Partial<LogPlaces> | null;
    const { files = {}, journal = null } = read ?? {};
    const isSound = Object.values(files).every(
      (place) => isCount(place?.inode) && isCount(place?.offset) && Object.keys(place).length === 2,
    );
    // systemd's cursors; anything else might be an option of journalctl.
    return isSound && (journal === null || /^[\w=;-]{1,400}$/.test(journal)) ? { files, journal } : null;
  } catch {
    return null;
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Lines of one source. */
interface LinesOf {
  readonly lines: readonly { readonly text: string; readonly at: number }[];
}

/**
 * The time of each line: its own, else that of the line before, since a panic has none. Lines before the first dated one have
 * its time, or `otherwise` if no line has one.
 */
function dated(texts: readonly string[], otherwise: number): LinesOf['lines'] {
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
function newestLines(
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
