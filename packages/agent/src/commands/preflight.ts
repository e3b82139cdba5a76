import { failure, PicketError } from '@picket/shared/errors.ts';
import { wayUpTo } from '@picket/shared/etcd-target.ts';
import { isOfMinor } from '@picket/shared/etcd-version.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { measureFsync } from '../host/files/fsync-latency.ts';
import { readVersionRecord } from '../host/version-record.ts';
import { isMemberRecord, type NodeRecord, nodeRoleOf } from '../identity/node-record.ts';
import type { StartedWith } from '../journal/journal.ts';
import { journalPath, openJournal } from '../journal/journal-store.ts';
import { type Check, checkLines, ok, refused, warning } from '../preflight/check.ts';
import { clientPreflight } from '../preflight/client-preflight.ts';
import { checkPorts } from '../preflight/member-ports.ts';
import { type PreflightDeps, preflight } from '../preflight/preflight.ts';
import { type AgentIo, type CommonOptions, type Output, print } from './io.ts';
import { etcdRemedy, readSetting, type Setting } from './setting.ts';

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
  const machine = isClient
    ? { checks: await clientPreflight(deps, refused), etcdVersion: null }
    : await preflight(deps, refused);
  const node = (await setting.store.load())?.node ?? null;
  const started = node !== null && isMemberRecord(node) ? await lastStart(setting) : null;
  const program = started?.program;
  // The package of a member that runs a release does not matter.
  const release = program && ok('etcd', `${program.version}, a release that the coordinator hands out`);
  const checks = [
    ...machine.checks.map((check) => (check.name === 'etcd' ? (release ?? check) : check)),
    ...(release === undefined ? await versionChecks(setting, started, machine.etcdVersion) : []),
    ...(await portChecks(setting, node)),
  ];
  const failed = checks.filter(({ result }) => result === 'refused').map(({ name }) => name);
  const fit = failed.length === 0;
  const name = node === null ? nameAt(setting) : null;
  print(
    io,
    options,
    { fit, checks, name },
    () => `${checkLines(checks)}${fit ? `${standing(node, isClient, setting)}\n` : ''}`,
  );
  if (!fit) throw failure('preflight_failed', { failed: failed.join(', ') });
}

/** What etcd was last started with; null before its first start. */
async function lastStart({ host, paths }: Setting): Promise<StartedWith | null> {
  return (await openJournal(host.files, paths.stateDir)).current().startedWith;
}

/** A warning if this member runs another minor version than the installed one: then its next start waits. */
async function versionChecks(
  setting: Setting,
  started: StartedWith | null,
  installed: string | null,
): Promise<readonly Check[]> {
  const { host, paths } = setting;
  const record = started && (await readVersionRecord(host.files, paths.dataRoot, started.incarnation));
  if (!record || installed === null || isOfMinor(installed, record.minor)) return [];
  const { minor } = record;
  const remedy = await etcdRemedy(setting, minor);
  const remark = reason('minor_would_change', { minor, installed, remedy, ...wayUpTo(installed, minor) });
  return [warning('etcd', `this member runs etcd ${minor}, and etcd ${installed} is installed`, inWords(remark))];
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

/** Under which name `join` asks unless it is told another. */
function nameAt({ config, host }: Setting): string {
  return config.name ?? host.network.hostname;
}

function standing(node: NodeRecord | null, isClient: boolean, setting: Setting): string {
  if (node !== null) {
    const { kind, name } = nodeRoleOf(node);
    return `This machine has joined already: it is the ${kind} ${name} of ${node.cluster}.`;
  }
  const source = setting.config.name === null ? 'its host name' : 'the name in agent.yml';
  const kind = isClient ? 'client' : 'member';
  const named = `This machine can join as the ${kind} ${nameAt(setting)}, after ${source}; \`join --name\` names another.`;
  return isClient
    ? named
    : `${named} Only the coordinator knows its member’s address, names and ports: \`join\` checks them.`;
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
