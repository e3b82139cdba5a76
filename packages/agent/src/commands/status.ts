import { inWords } from '@picket/shared/reasons/in-words.ts';
import { shownTime } from '@picket/shared/reasons/shown-time.ts';
import { toTheSecond } from '../coordinator/time-in-doubt.ts';
import { undatedCoordinator } from '../coordinator/undated.ts';
import { heldCertificate } from '../credentials/credential-state.ts';
import { etcdOwner } from '../host/users.ts';
import type { Identity } from '../identity/identity-store.ts';
import { isMemberRecord } from '../identity/node-record.ts';
import { openJournal } from '../journal/journal-store.ts';
import { type LeftRecord, readLeftRecord } from '../leaving/left-record.ts';
import { isFreeHere, isLeftHere } from '../leaving/let-go.ts';
import type { CoordinatorTime } from '../model/clock-doubt.ts';
import { memberStateOf } from '../model/model.ts';
import { serves } from '../model/serves.ts';
import { isDown, orderRemark, otherVersionHere, versionRemark } from '../model/version-guard.ts';
import { lostDataReason } from '../reconcile/data-dir.ts';
import { agentRuns } from './as-this-node.ts';
import { answerOf } from './coordinator-answer.ts';
import { asTable, formerDataFacts, formerDataRow, freeFacts, freeRows, type Row } from './free-status.ts';
import { heldHere } from './held-here.ts';
import { type AgentIo, type CommonOptions, type Output, print } from './io.ts';
import { lookOnly } from './look-only.ts';
import { joinedIdentity, readSetting, type Setting } from './setting.ts';
import { surroundingsOf } from './surroundings.ts';

export interface StatusOptions extends CommonOptions {
  readonly output: Output;
}

const timePatienceMs = 2000;

/**
 * Shows what this node has and waits for, from its own files and its own etcd. It asks the coordinator for the time and for its
 * own member.
 */
export async function statusCommand(io: AgentIo, options: StatusOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const { paths, host } = setting;
  const here = { files: host.files, stateDir: paths.stateDir };
  const showFree = async () => {
    const isGoing = await isLeftHere(here);
    const record = await readLeftRecord(here.files, here.stateDir);
    const facts = freeFacts(record, here.stateDir, isGoing);
    print(io, options, facts, () => asTable(freeRows(record, here.stateDir, isGoing)));
  };
  if (await isFreeHere(here)) return showFree();
  try {
    const facts = await nodeFacts(io, setting);
    print(io, options, facts, () => asText(facts));
  } catch (error) {
    // The agent may have removed the identity meanwhile, file after file.
    if (!(await isFreeHere(here))) throw error;
    await showFree();
  }
}

async function nodeFacts(io: AgentIo, setting: Setting): Promise<Facts> {
  const { paths, host } = setting;
  const record = await readLeftRecord(host.files, paths.stateDir);
  const identity = await joinedIdentity(setting);
  return factsOf(setting, identity, record, await nodeNow(io, setting, identity));
}

/** What this node has, by its own files and its own etcd, and what its coordinator answers. Waits two seconds for that. */
export async function nodeNow(io: AgentIo, setting: Setting, identity: Identity) {
  const surroundings = await surroundingsOf(io, setting, identity.node, ownerIfKnown);
  const [time, answer, runs] = await Promise.all([
    timeOf(setting, identity, io.buildTime),
    answerOf(setting, identity),
    agentRuns(setting),
  ]);
  const view = await lookOnly(surroundings, null, time);
  return { ...view, purposes: surroundings.purposes, time, answer, runs };
}

/** A missing user keeps etcd from starting; the status is shown all the same. */
export const ownerIfKnown = (...of: Parameters<typeof etcdOwner>) => etcdOwner(...of).catch(() => null);

/**
 * Without the coordinator's time, a clock that is years ahead would look right and each certificate expired. null if
 * the time does not arrive soon.
 */
async function timeOf(
  { host, paths }: Setting,
  { node, credentialPem, controlCertificates: trust }: Identity,
  buildTime: number,
): Promise<CoordinatorTime | null> {
  const { clockFloor } = (await openJournal(host.files, paths.stateDir)).current();
  const coordinator = undatedCoordinator({ url: node.coordinator, trust, credential: credentialPem });
  const stop = new AbortController();
  const patience = host.clock.sleep(timePatienceMs, stop.signal).then(() => null);
  const received = coordinator.time(Math.max(buildTime, clockFloor), stop.signal).catch(() => null);
  const at = await Promise.race([received, patience]);
  stop.abort();
  return at === null ? null : toTheSecond(at, host.clock.monotonic(), { undated: true });
}

type Facts = ReturnType<typeof factsOf>;
type EtcdFacts = Pick<Facts['etcd'], 'state' | 'role' | 'serves' | 'version' | 'installed'>;

function factsOf(
  { paths }: Setting,
  { node, credential }: Identity,
  record: LeftRecord,
  { accepted, current, plan, purposes, answer, runs }: Awaited<ReturnType<typeof nodeNow>>,
) {
  const { refused, isLeaving, problem } = answer;
  const evicted = refused?.code === 'node_evicted' ? refused.message : null;
  const { journal, service, etcd, credentials, etcdVersion } = current;
  const isLetGo = memberStateOf(accepted)?.letGo === true;
  const incarnation = journal.startedWith?.incarnation ?? null;
  const lost = incarnation === null ? null : lostDataReason(incarnation, current, paths.dataRoot);
  const down = isDown(current);
  const other = otherVersionHere(accepted, current);
  const remark = versionRemark(accepted, current);
  const ordered = orderRemark(accepted, current);
  // As the agent judges it: then it lets go of this node.
  const goes = evicted !== null && Object.keys(journal.incarnations).length === 0;
  return {
    cluster: node.cluster,
    member: isMemberRecord(node) ? node.member : null,
    client: isMemberRecord(node) ? null : node.client,
    nodeId: node.nodeId,
    coordinator: node.coordinator,
    agentRuns: runs,
    coordinatorProblem: problem?.message ?? null,
    generation: {
      desired: accepted?.document.generation ?? null,
      seen: journal.generationSeen,
      applied: journal.generationApplied,
    },
    etcd: {
      state: down && lost !== null ? 'lost-data' : down && other !== null ? 'held-back' : service.kind,
      serves: serves(current),
      version: service.kind === 'running' ? etcd?.version || null : null,
      installed: etcdVersion,
      incarnation,
      memberId: etcd?.memberId ?? null,
      clusterId: etcd?.clusterId ?? null,
      role: etcd === null ? null : etcd.isLearner ? 'learner' : etcd.leader === etcd.memberId ? 'leader' : 'follower',
    },
    certificates: [
      ...purposes.map((purpose) => {
        const state = credentials[purpose];
        return { purpose, state: state.kind, notAfter: state.kind === 'held' ? state.held.notAfter : null };
      }),
      { purpose: 'identity', state: 'held', notAfter: heldCertificate(credential.certificate, 'identity').notAfter },
    ],
    held: heldHere({ accepted, current }),
    restartPending: plan.restartPending,
    // install.sh reads it.
    ended: isLetGo ? 'let-go' : evicted !== null ? (goes ? 'leaving' : 'evicted') : isLeaving ? 'removed' : null,
    waitsFor: [...plan.waits, ...(plan.hinders ?? [])].map(inWords),
    notes: [
      ...(remark === null ? [] : [inWords(remark)]),
      ...(ordered === null ? [] : [inWords(ordered)]),
      ...(isLeaving && !isLetGo ? [`${letGo} ${leavesFirst}`] : []),
      ...(isLetGo ? [`${letGo} ${plan.steps.length + plan.waits.length > 0 ? letsGo : hasLetGo}`] : []),
      // While the agent lets go of them, nothing needs to be removed by hand.
      ...(evicted === null || isLetGo ? [] : [`${evicted} ${goes ? forgets : afterEviction}`]),
    ],
    leftToDo: plan.steps.map(({ kind }) => kind),
    formerData: formerDataFacts(record, paths.stateDir),
  } as const;
}

const letGo = 'operators have taken this member out of its cluster, or deleted the cluster.';
const leavesFirst = 'The agent will stop etcd, put its data away, and free this machine';
const letsGo =
  'The agent stops etcd and puts its data away. Then the coordinator evicts the node, and this machine is free to join again';
const hasLetGo =
  'The agent has put its data away. Once the coordinator has evicted the node, this machine is free to join again';
const forgets = 'The agent removes the identity of this node. Then this machine is free to join again';
const afterEviction =
  'It gives this node nothing any more. etcd and its data stay as they are. To use this machine again: `sh /var/lib/picket/installer/install.sh --purge`';

function heldInWords({ until, stopped }: NonNullable<Facts['held']>): string {
  return `until ${shownTime(until)}${stopped ? ', with etcd stopped' : ''}`;
}

/** The version that runs, as etcd reports it, and the installed one if that differs. */
export function etcdInWords({ state, role, serves: isServing, version, installed }: EtcdFacts): string {
  const other = installed === null || installed === version ? null : `${installed} installed`;
  return [state, role, isServing ? 'serves' : null, version, other].filter((word) => word !== null).join(', ');
}

/** No row where there is nothing to say. */
function row(name: string, value: string | null): readonly Row[] {
  return value === null ? [] : [[name, value]];
}

function rowsOf(name: string, values: readonly string[]): readonly Row[] {
  return values.map((value) => [name, value]);
}

function asText(facts: Facts): string {
  const { member, client, generation, etcd, held } = facts;
  return asTable([
    ['CLUSTER', facts.cluster],
    ...row('MEMBER', member && `${member.name} (${member.address})`),
    ...row('CLIENT', client && `${client.name}, which runs no etcd`),
    ['NODE', facts.nodeId],
    ['AGENT', facts.agentRuns ? 'runs' : 'does not run: nobody reports, or renews certificates'],
    ['COORDINATOR', facts.coordinator],
    ...row('NOTE', facts.coordinatorProblem),
    ['GENERATION', `${generation.desired ?? 'none'} wanted, ${generation.applied} applied`],
    ...row('ETCD', member && etcdInWords(etcd)),
    ...row('MEMBER ID', etcd.memberId && `${etcd.memberId} in cluster ${etcd.clusterId}`),
    ...facts.certificates.flatMap(({ purpose, state, notAfter }) =>
      row(`${purpose.toUpperCase()} CERT`, notAfter === null ? state : `until ${notAfter}`),
    ),
    ...row('HELD', held && heldInWords(held)),
    ...rowsOf('WAITS FOR', facts.waitsFor),
    ...rowsOf('NOTE', facts.notes),
    ...rowsOf('LEFT TO DO', facts.leftToDo),
    ...facts.formerData.map(formerDataRow),
  ]);
}
