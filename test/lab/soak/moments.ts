import { readdirSync, readFileSync, readlinkSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Seeded } from '../../support/seeded.ts';
import { until } from '../../support/until.ts';
import type { LabHost } from '../lab-host.ts';

/** When a power cut strikes: after so long, or with the so-manieth change that is seen of a file of the host. */
export type Moment =
  | { readonly kind: 'after'; readonly ms: number }
  /** At the latest after `ms`, as it may not be written at all. */
  | { readonly kind: 'write'; readonly path: string; readonly change: number; readonly ms: number };

/** What the agent writes as whole files (R9). */
export const certificateFiles = ['/etc/etcd/server.pem', '/etc/etcd/peer.pem', '/etc/etcd/client.pem'] as const;
export const confFile = '/etc/etcd/conf.yml';
export const recordFiles = ['/var/lib/picket/journal.json', '/var/lib/picket/desired-state.json'] as const;
const files = [...certificateFiles, confFile, '/etc/etcd/ca.pem', '/etc/etcd/peer-ca.pem', ...recordFiles] as const;

// A whole write shows as so many at least: made, filled, given its mode, renamed from and to.
const changesOfAWrite = 5;

/** Somewhere within `withinMs`, or amid the write of a file. */
export function drawMoment(random: Seeded, withinMs: number): Moment {
  const ms = random.between(0, withinMs);
  if (random.fraction() < 0.5) return { kind: 'after', ms };
  return drawWrite(random, files, withinMs);
}

/** Amid the write of one of these files. */
export function drawWrite(random: Seeded, paths: readonly [string, ...string[]], withinMs: number): Moment {
  return { kind: 'write', path: random.pick(paths), change: random.between(1, changesOfAWrite), ms: withinMs };
}

export function momentInWords(moment: Moment): string {
  return moment.kind === 'after'
    ? `after ${moment.ms} ms`
    : `with change ${moment.change} of ${moment.path}, or after ${moment.ms} ms`;
}

/**
 * Resolves when the moment has come; with a write the host's agent stands still from then on, so that it gets no
 * further with it before the power is cut. Gives back whether it was the awaited moment, and not the latest.
 */
export async function comes(moment: Moment, host: LabHost): Promise<boolean> {
  if (moment.kind === 'after') {
    await sleep(moment.ms);
    return true;
  }
  const { path, change, ms } = moment;
  const signal = AbortSignal.timeout(ms);
  // Before the agent's first write the folder does not exist.
  const folder = host.seen(dirname(path));
  const there = () => readdirSync(folder) !== undefined;
  const late = await until('the folder is there', there, { within: ms, every: 2, signal }).then(
    () => false,
    () => true,
  );
  if (late) return false;
  return await new Promise((resolve) => {
    let seen = 0;
    const watcher = watch(folder, (_kind, name) => {
      // The temporary file beside it bears its name too.
      if (name?.includes(basename(path)) === true) seen += 1;
      if (seen >= change) end(true);
    });
    const end = (inTime: boolean) => {
      if (inTime) holdAgent(host);
      watcher.close();
      resolve(inTime);
    };
    watcher.on('error', () => end(false));
    signal.addEventListener('abort', () => end(false), { once: true });
  });
}

/** At once, and not by a program on the host, which would take a hundred writes' time to start. */
function holdAgent({ init }: LabHost): void {
  const host = pidNamespace(init ?? 0);
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const isAgent = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('picket-agent.cjs\0run');
      if (isAgent && pidNamespace(pid) === host) process.kill(Number(pid), 'SIGSTOP');
    } catch {
      // It has ended.
    }
  }
}

function pidNamespace(pid: number | string): string {
  return readlinkSync(`/proc/${pid}/ns/pid`);
}
