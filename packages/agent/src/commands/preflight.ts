import { failure } from '@picket/shared/errors.ts';
import { measureFsync } from '../host/files/fsync-latency.ts';
import { nodeRoleOf } from '../identity/node-record.ts';
import { journalPath, openJournal } from '../journal/journal-store.ts';
import { checkLines } from '../preflight/check.ts';
import { clientPreflightChecks } from '../preflight/client-preflight.ts';
import { type PreflightDeps, preflightChecks } from '../preflight/preflight.ts';
import type { AgentIo, CommonOptions, Output } from './io.ts';
import { readSetting, type Setting } from './setting.ts';

export interface PreflightOptions extends CommonOptions {
  readonly output: Output;
  readonly client?: boolean;
}

/**
 * Checks whether this machine can become a node, and joins nothing. `join` checks what only the coordinator knows: the
 * member's own address, its ports, and the cluster's names. Throws `preflight_failed`.
 */
export async function preflightCommand(io: AgentIo, options: PreflightOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const deps = preflightDeps(io, setting);
  const checks = await (options.client === true ? clientPreflightChecks(deps) : preflightChecks(deps));
  const failed = checks.filter(({ result }) => result === 'refused').map(({ name }) => name);
  const fit = failed.length === 0;
  if (options.output === 'json') io.stdout.write(`${JSON.stringify({ fit, checks }, null, 2)}\n`);
  else {
    io.stdout.write(checkLines(checks));
    if (fit) io.stdout.write(`${await standing(setting)}\n`);
  }
  if (!fit) throw failure('preflight_failed', { failed: failed.join(', ') });
}

async function standing({ store }: Setting): Promise<string> {
  const identity = await store.load();
  if (identity === null) return 'This machine can join.';
  const { kind, name } = nodeRoleOf(identity.node);
  return `This machine has joined already: it is the ${kind} ${name} of ${identity.node.cluster}.`;
}

export function preflightDeps(io: AgentIo, { host, inspection, config, paths }: Setting): PreflightDeps {
  const { files, clock } = host;
  return {
    inspection,
    files,
    config,
    uid: io.uid,
    architecture: io.architecture,
    async clock() {
      const begun = await files.exists(journalPath(paths.stateDir));
      const floor = begun ? (await openJournal(files, paths.stateDir)).current().clockFloor : 0;
      const { buildTime } = io;
      return { now: clock.now(), monotonic: clock.monotonic(), buildTime, floor, coordinator: null };
    },
    measureFsync: (folder) => measureFsync(folder),
  };
}
