import { failure } from '@picket/shared/errors.ts';
import { type Health, reachable } from './health.ts';
import type { NodeObservation, Situation } from './model.ts';

const able: Health = { ok: true };
const not = (why: string): Health => ({ ok: false, why });

/**
 * Whether a node has a program to restore a snapshot with, or would get one, by its last report. An older agent does not
 * report it; its node counts as able.
 */
export function ableToRestore({ status, hasStoredTool, architecture }: NodeObservation): Health {
  const tool = status?.restoreTool;
  if (tool === undefined || tool.installed !== null) return able;
  if (tool.obstacle !== null) {
    return not(`it has no etcdutl, and cannot run one of the release store: ${tool.obstacle}`);
  }
  if (hasStoredTool === true) return able;
  const wanted = architecture === undefined ? '' : ` --arch ${architecture}`;
  return not(`it has no etcdutl to restore with: \`picket release add FILE --sha256 HEX${wanted}\``);
}

/**
 * Throws `restore_refused` unless every node that is heard can restore. The first node that is ready founds the restored
 * cluster, and once every etcd is stopped a restore must not wait for a program. If no node is heard, no etcd is stopped
 * now, and the last report of each node counts.
 */
export function requireAbleToRestore({ spec, status, now }: Pick<Situation, 'spec' | 'status' | 'now'>): void {
  const known = spec.members.flatMap(({ name }) => {
    const node = status.nodes[name];
    return node === undefined ? [] : [{ name, node }];
  });
  const heard = known.filter(({ node }) => reachable(node, now).ok);
  const unable = (heard.length > 0 ? heard : known).flatMap(({ name, node }) => {
    const isOlder = heard.length > 0 && node.status?.restoreTool === undefined;
    const health = isOlder ? not(olderAgent) : ableToRestore(node);
    return health.ok ? [] : [`${name}: ${health.why}`];
  });
  if (unable.length > 0) throw failure('restore_refused', { name: spec.name, reason: unable.join('; ') });
}

const olderAgent =
  'its agent is older than this coordinator and does not say whether it can restore: paste the line of `picket installer --upgrade` there';
