import { readFacts } from '@picket/shared/answered-reads.ts';
import { minorOf } from '@picket/shared/etcd-version.ts';
import type { ClusterStatusView, MemberPhase, MemberView } from '@picket/shared/protocol/clusters.ts';
import type { NodeStatus } from '@picket/shared/protocol/report.ts';
import { versionsFit } from '@picket/shared/version-skew.ts';
import { withExcerpts } from '../controller/excerpts.ts';
import { ailments, reachable, voters } from '../controller/health.ts';
import { freshFor } from '../controller/limits.ts';
import type { Instant, Situation } from '../controller/model.ts';
import { keepsItFromLeaving } from '../controller/replacement.ts';
import { freshReads, isMajorityLost, type KnownMember, knownMembers } from '../controller/voter-evidence.ts';
import { clientUrlOf } from '../desired-state/urls.ts';
import type { ClusterSituation } from '../executor/executor.ts';
import type { NodeIdentity } from '../identity/principals.ts';
import { specWarnings } from '../spec/make-spec.ts';
import { version } from '../version.ts';
import { identityNotices } from './identity-notices.ts';
import { machineNotices } from './machine-notices.ts';
import { iso, isoOrNull } from './page.ts';
import { pauseNotices, rolloutView } from './rollout-view.ts';
import { snapshotNotices } from './snapshot-notices.ts';
import { isAlarmed, upkeepNotices } from './upkeep-notices.ts';

/** What an operator sees of a cluster: its members as they last reported, and what is waited for. */
export function clusterStatus(
  cluster: ClusterSituation,
  now: Instant,
  identityOf: (nodeId: string) => NodeIdentity | null,
  moreNotices: readonly string[],
): ClusterStatusView {
  const { spec, progress } = cluster.record;
  const situation: Situation = { spec, progress, status: withExcerpts(cluster.status), now };
  return {
    name: spec.name,
    revision: spec.revision,
    clusterId: progress.formation?.clusterId ?? null,
    state: stateOf(situation),
    waitsFor: [...cluster.waits],
    notices: [
      ...specWarnings(spec),
      ...quorumNotices(situation),
      ...ailmentNotices(situation, cluster.waits),
      ...silenceNotices(situation),
      ...versionNotices(situation),
      ...agentVersionNotices(situation),
      ...binaryNotices(situation),
      ...restartNotices(situation),
      ...renderNotices(cluster),
      ...upkeepNotices(situation),
      ...pauseNotices(spec, progress),
      ...snapshotNotices(situation),
      ...machineNotices(situation),
      ...identityNotices(cluster.nodes, identityOf, now),
      ...moreNotices,
    ],
    rollout: rolloutView(spec, progress),
    members: spec.members.map((member): MemberView => {
      const life = progress.members[member.name];
      const node = cluster.status.nodes[member.name];
      const outside: MemberPhase = node === undefined ? 'declared' : 'joined';
      return {
        name: member.name,
        address: member.address,
        clientUrl: clientUrlOf(spec, member),
        nodeId: node?.nodeId ?? null,
        phase: life?.phase ?? outside,
        memberId: life?.memberId ?? null,
        incarnation: life?.incarnation ?? null,
        generation: node?.generation ?? 0,
        reportedAt: isoOrNull(node?.receivedAt ?? node?.setAside?.receivedAt ?? null),
        status: withoutSeal(node?.status ?? null),
      };
    }),
    clients: Object.entries(cluster.status.clients).map(([name, node]) => ({
      name,
      nodeId: node.nodeId,
      generation: node.generation,
      reportedAt: isoOrNull(node.receivedAt ?? node.setAside?.receivedAt ?? null),
      status: withoutSeal(node.status),
    })),
    now: iso(now),
  };
}

function stateOf(situation: Situation): ClusterStatusView['state'] {
  const { progress, spec } = situation;
  if (progress.frozen !== null) return 'frozen';
  if (ailments(situation).length > 0 || isAlarmed(situation)) return 'degraded';
  return spec.members.every(({ name }) => progress.members[name]?.phase === 'voter') ? 'healthy' : 'forming';
}

/** A member that is away is one thing, and a cluster that takes no writes another. */
function quorumNotices(situation: Situation): string[] {
  const all = voters(situation).length;
  const serving = all - ailments(situation).length;
  const quorum = Math.floor(all / 2) + 1;
  if (all === 0 || serving >= quorum) return [];
  const reads = freshReads(situation);
  if (reads.length > 0) {
    return [
      `${serving} of ${all} voters are known to serve. The etcd of ${readFacts(reads, freshFor).serving} answered a linearizable read, so a quorum served then.`,
    ];
  }
  const { name } = situation.spec;
  const known = `As far as is known ${serving} of ${all} voters serve: with fewer than ${quorum} etcd takes no writes.`;
  const members = knownMembers(situation);
  if (isMajorityLost(members)) {
    return [
      `${known} A majority has lost its data: restore a snapshot by \`picket cluster restore ${name} --snapshot ID\` (\`picket snapshot list ${name}\`).`,
    ];
  }
  return [
    `${known} A member that is silent or down may still have its data: bring it back.`,
    ...wayOutNotices(situation, members),
  ];
}

/** For machines that are lost: where some are still heard, the word for each that is silent makes force needless. */
function wayOutNotices(situation: Situation, members: readonly KnownMember[]): string[] {
  const { name } = situation.spec;
  const isHeard = (member: string) => reachable(situation.status.nodes[member], situation.now).ok;
  const silent = members.flatMap(({ name: member, nodeId, evidence }) =>
    nodeId !== null && evidence.kind !== 'lost' && !isHeard(member) ? [{ member, nodeId }] : [],
  );
  if (silent.length === 0) return [];
  if (members.some(({ name: member }) => isHeard(member))) {
    const words = silent.map(({ member, nodeId }) => `\`picket node evict ${nodeId} --lost\` (${member})`);
    return [
      `If machines are lost: (1) evict each lost one: ${words.join(', ')}; (2) once a majority of all voters is lost, ` +
        `\`picket cluster restore ${name} --snapshot ID\`, without --force; (3) join new machines by the line of \`picket token create ${name}\`.`,
    ];
  }
  return [
    `If all machines are lost: (1) \`picket cluster restore ${name} --snapshot ID --force\`; (2) \`picket node evict ID --lost\` for each; ` +
      `(3) join new ones by the line of \`picket token create ${name}\`.`,
  ];
}

/** Where nothing is set going nothing waits for a member that is down: it is named all the same. */
function ailmentNotices(situation: Situation, waits: readonly string[]): string[] {
  // A wait was written down a moment ago, when a silence was shorter.
  const timeless = (ailment: string) => ailment.replace(/ for \d+ s$/, '');
  return ailments(situation)
    .filter((ailment) => !waits.some((wait) => wait.includes(timeless(ailment))))
    .map((ailment) => `${ailment}.`);
}

/** What a silence may mean. Where nobody is heard, the fault is more likely on this side. */
function silenceNotices(situation: Situation): string[] {
  const isHeard = (name: string): boolean => reachable(situation.status.nodes[name], situation.now).ok;
  const all = voters(situation);
  const silent = all.flatMap(([name]) => (isHeard(name) ? [] : [name]));
  if (silent.length === 0) return [];
  if (silent.length < all.length) {
    const lost = silent.filter((name) => keepsItFromLeaving(situation, name, false) === null);
    return [
      'A node that does not report is off or cut off, or its agent is down; its etcd may serve all the same.',
      ...lost.map(
        (name) =>
          `If the machine or the disk of ${name} is lost for good, another takes its place by the line of ` +
          `\`picket token create ${situation.spec.name} --member ${name}\`.`,
      ),
    ];
  }
  return [
    'No agent has reported of late. If the nodes are on, it is the coordinator that is cut off; their etcd goes on without it.',
  ];
}

/** It is between the coordinator and that node. */
function withoutSeal(status: NodeStatus | null): NodeStatus | null {
  if (status === null) return null;
  const { seal: _seal, ...agent } = status.agent;
  return { ...status, agent };
}

function renderNotices({ unrendered, record }: ClusterSituation): string[] {
  return unrendered.map(
    ({ name, nodeId, reason }) =>
      `${name}: what its node ${nodeId} should have cannot be rendered, so it goes on by its last desired state: ${reason} ` +
      `Correct that, or give its place to another machine: \`picket token create ${record.spec.name} --member ${name}\`.`,
  );
}

function restartNotices({ spec, status }: Situation): string[] {
  return spec.members.flatMap(({ name }) => {
    const restarts = status.nodes[name]?.status?.service.restarts ?? 0;
    const times = restarts === 1 ? 'once' : `${restarts} times`;
    return restarts === 0
      ? []
      : [`The etcd of ${name} has died and been started again ${times} since its host came up.`];
  });
}

/** A package was upgraded under an etcd that runs. */
function binaryNotices({ spec, status }: Situation): string[] {
  return spec.members.flatMap(({ name }) => {
    const { service, etcd } = status.nodes[name]?.status ?? {};
    const installed = service?.etcdVersion ?? null;
    if (!etcd?.version || installed === null || installed === etcd.version) return [];
    const both = `${name}: etcd ${installed} is installed, and ${etcd.version} runs`;
    if (minorOf(installed) !== minorOf(etcd.version)) {
      return [
        `${both}. No member is started with another minor version: install etcd ${minorOf(etcd.version)} again. \`picket-agent status\` there prints the command.`,
      ];
    }
    return [
      service?.restartPending === true
        ? `${both} until its restart, which waits for a permit.`
        : `${both}: its last restart has not changed that. Does the service start another etcd?`,
    ];
  });
}

/** An agent of before is asked for nothing that it does not know, as long as it is not too old. */
function agentVersionNotices({ spec, status }: Situation): string[] {
  return spec.members.flatMap(({ name }) => {
    const agent = status.nodes[name]?.status?.agent.version;
    if (agent === undefined || versionsFit(agent, version)) return [];
    return [
      `The agent of ${name} is version ${agent} and this coordinator ${version}, more than one minor version apart: ` +
        'paste the line of `picket installer --upgrade` there.',
    ];
  });
}

function versionNotices({ spec, status }: Situation): string[] {
  const versions = new Set(
    spec.members.flatMap(({ name }) => {
      const { service, etcd } = status.nodes[name]?.status ?? {};
      if (etcd?.version) return etcd.version;
      // What is installed need not be what runs.
      return service?.state === 'running' ? [] : (service?.etcdVersion ?? []);
    }),
  );
  const running = new Set(spec.members.flatMap(({ name }) => status.nodes[name]?.status?.etcd?.version || []));
  const list = (some: ReadonlySet<string>) => [...some].sort().join(', ');
  if (running.size > 1) return [`The members run different etcd versions: ${list(running)}.`];
  return versions.size > 1 ? [`The members run or have installed different etcd versions: ${list(versions)}.`] : [];
}
