import { failure, PicketError } from '@picket/shared/errors.ts';
import { measureFsync } from '../host/files/fsync-latency.ts';
import { isMemberRecord, type NodeRecord, nodeRoleOf } from '../identity/node-record.ts';
import { journalPath, openJournal } from '../journal/journal-store.ts';
import { type Check, checkLines, refused } from '../preflight/check.ts';
import { clientPreflight } from '../preflight/client-preflight.ts';
import { checkPorts } from '../preflight/member-ports.ts';
import { type PreflightDeps, preflight } from '../preflight/preflight.ts';
import { type AgentIo, type CommonOptions, type Output, print } from './io.ts';
import { readSetting, type Setting } from './setting.ts';

export interface PreflightOptions extends CommonOptions {
  readonly output: Output;
  readonly client?: boolean;
}

/**
 * Checks whether this machine can become a node, and joins nothing. `join` checks what only the coordinator knows: the
 * member's own address, its ports, and the cluster's names. On a machine that has joined, this checks the ports too. Throws
 * `preflight_failed`.
 */
export async function preflightCommand(io: AgentIo, options: PreflightOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const deps = preflightDeps(io, setting);
  const isClient = options.client === true;
  const machineChecks = isClient ? await clientPreflight(deps, refused) : (await preflight(deps, refused)).checks;
  const node = (await setting.store.load())?.node ?? null;
  const checks = [...machineChecks, ...(await portChecks(setting, node))];
  const failed = checks.filter(({ result }) => result === 'refused').map(({ name }) => name);
  const fit = failed.length === 0;
  print(io, options, { fit, checks }, () => `${checkLines(checks)}${fit ? `${standing(node, isClient)}\n` : ''}`);
  if (!fit) throw failure('preflight_failed', { failed: failed.join(', ') });
}

/** None before the join: only the coordinator knows the ports. */
async function portChecks({ host }: Setting, node: NodeRecord | null): Promise<readonly Check[]> {
  if (node === null || !isMemberRecord(node)) return [];
  try {
    return [await checkPorts(host, node.member)];
  } catch (error) {
    if (!(error instanceof PicketError)) throw error;
    return [refused('ports', error)];
  }
}

function standing(node: NodeRecord | null, isClient: boolean): string {
  if (node !== null) {
    const { kind, name } = nodeRoleOf(node);
    return `This machine has joined already: it is the ${kind} ${name} of ${node.cluster}.`;
  }
  const unknown = isClient
    ? ''
    : ' Only the coordinator knows its member’s address, names and ports: `join` checks them.';
  return `This machine can join.${unknown}`;
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
