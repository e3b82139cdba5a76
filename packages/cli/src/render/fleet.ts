import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import { leaderOf } from './endpoint-status.ts';
import { memberHealth } from './member-health.ts';
import { marked, type Paint } from './paint.ts';
import { gradeOf, stateInWords } from './state-in-words.ts';
import { renderTable } from './table.ts';

/** `picket status` where the coordinator has several clusters: a row for each, then the next command of each that has one. */
export function renderFleet(views: readonly ClusterStatusView[], paint: Paint, backup: readonly string[]): string {
  const rows = views.map((view) => [
    view.cluster,
    marked(gradeOf[view.state], stateInWords(view.state, view.headline), paint),
    `${healthyIn(view)} of ${view.members.length}`,
    leaderIn(view),
    versionsIn(view),
  ]);
  const next = views.flatMap(({ cluster: name, next }) => (next === null ? [] : [`  ${name}: ${next.command}`]));
  return [
    renderTable(['CLUSTER', 'STATE', 'HEALTHY', 'LEADER', 'ETCD'], rows),
    ...(next.length === 0 ? [] : ['', 'Next:', ...next]),
    ...(backup.length === 0 ? [] : ['', ...backup]),
    '',
    'To see one: picket status CLUSTER',
  ].join('\n');
}

function healthyIn({ members, now }: ClusterStatusView): number {
  return members.filter((member) => memberHealth(member, Date.parse(now)).grade === 'good').length;
}

function leaderIn(view: ClusterStatusView): string | null {
  const leader = leaderOf(view);
  return view.members.find(({ status }) => status?.etcd?.memberId === leader)?.name ?? null;
}

/** Each version of etcd that a member runs. */
function versionsIn({ members }: ClusterStatusView): string | null {
  const versions = new Set(members.flatMap(({ status }) => (status?.etcd == null ? [] : [status.etcd.version])));
  return [...versions].toSorted().join(', ') || null;
}
