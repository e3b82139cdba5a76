import { readFile } from 'node:fs/promises';
import { findingsAsText, isFault } from '@picket/shared/diagnosis/as-text.ts';
import { diagnose } from '@picket/shared/diagnosis/diagnose.ts';
import { findingView } from '@picket/shared/diagnosis/finding-view.ts';
import { failure, reasonOf } from '@picket/shared/errors.ts';
import { type ExitCode, exitCodes } from '@picket/shared/exit-codes.ts';
import { isoTime } from '@picket/shared/iso-time.ts';
import { messageOf } from '@picket/shared/problems.ts';
import { DiagnosisView } from '@picket/shared/protocol/diagnosis.ts';
import { messagesIn } from '@picket/shared/protocol/messages.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { look } from '../diagnose/look.ts';
import { readAnyConf } from '../diagnose/read-any-conf.ts';
import { localScene, ownWord, type Sights } from '../diagnose/scene.ts';
import { machineReadings } from '../host/machine.ts';
import { isMemberRecord } from '../identity/node-record.ts';
import { fileNames } from '../model/managed-files.ts';
import { orderRemark } from '../model/version-guard.ts';
import { type AgentIo, type CommonOptions, type Output, print } from './io.ts';
import { readSetting, type Setting } from './setting.ts';
import { nodeNow } from './status.ts';

export interface DiagnoseOptions extends CommonOptions {
  readonly output: Output;
  readonly etcdConfig?: string;
}

/**
 * Finds the causes of what is wrong on this machine, also of an etcd that Picket did not set up. Without a coordinator it waits two
 * seconds for its time. Resolves to the exit code.
 */
export async function diagnoseCommand(io: AgentIo, options: DiagnoseOptions): Promise<ExitCode> {
  const setting = await readSetting(io, options);
  const { host, inspection, paths } = setting;
  const { etcdConfig } = options;
  if (etcdConfig !== undefined) await requireReadable(etcdConfig);
  const sights = await look({
    ...{ host, inspection, readings: machineReadings(), buildTime: io.buildTime },
    confPath: options.etcdConfig ?? fileNames(paths).conf,
    logFile: paths.logFile,
    dataFolder: paths.stateDir,
  });
  // Another conf.yml may be of an etcd that is none of Picket's.
  const joined = options.etcdConfig === undefined ? await joinedSights(io, setting) : noneOfPicket;
  const { clock, more } = joined;
  const scene = localScene({
    ...sights,
    more: [...more, ...sights.more],
    machine: { ...sights.machine, clockOffsetMs: clock },
    joined: joined.joined,
  });
  const view = messagesIn(DiagnosisView, {
    cluster: joined.joined?.cluster ?? null,
    findings: diagnose(scene).map((one) => findingView(one, scene)),
    now: isoTime(sights.now),
  });
  print(io, options, view, () => `${findingsAsText(scene.self ?? 'This machine', view.findings)}\n`);
  return isFault(view.findings) ? exitCodes.found.code : exitCodes.done.code;
}

/** Throws `usage_invalid`. */
async function requireReadable(path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => ({ error }));
  const problem =
    typeof text !== 'string' ? messageOf(text.error) : readAnyConf(text) === null ? 'it is not YAML of etcd' : null;
  if (problem === null) return;
  throw failure('usage_invalid', { problem: `--etcd-config ${path}: ${problem}`, command: 'picket-agent diagnose' });
}

interface JoinedSights extends Pick<Sights, 'joined' | 'more'> {
  /** How far this clock is ahead of the coordinator's, in milliseconds; null if nobody said. */
  readonly clock: number | null;
}

const noneOfPicket: JoinedSights = { joined: null, more: [], clock: null };

/** What the files of a machine that has joined say, as `picket-agent status` shows it. */
async function joinedSights(io: AgentIo, setting: Setting): Promise<JoinedSights> {
  const identity = await setting.store.load().catch(() => null);
  if (identity === null) return noneOfPicket;
  const { accepted, current, plan, time, answer, runs } = await nodeNow(io, setting, identity);
  const ordered = orderRemark(accepted, current);
  const { node } = identity;
  const word = ownWord(current, plan, setting.paths.dataRoot);
  const isMember = isMemberRecord(node);
  return {
    joined: {
      cluster: node.cluster,
      member: isMember ? { name: node.member.name, address: node.member.address, memberId: null } : null,
      ...word,
      serves: !isMember || word.serves,
    },
    more: [
      ...(runs ? [] : [reason('agent_runs_not')]),
      ...(ordered === null ? [] : [ordered]),
      ...(answer.problem === null ? [] : [reasonOf(answer.problem)]),
      ...(current.clockDoubt === null ? [] : [current.clockDoubt]),
      ...(current.etcd?.leader === '0' ? [reason('no_leader')] : []),
    ],
    clock: time === null ? null : Math.round(current.now - (time.at + current.monotonic - time.monotonic)),
  };
}
