import type { ClusterSpec } from '@picket/shared/protocol/clusters.ts';
import type { Step } from '../model/progress.ts';
import type { Changes } from './commit.ts';

/** What is stored with a step besides the progress: only the end of a cluster or of a member changes more. Pure. */
export function keptWith(step: Step, spec: ClusterSpec): Changes {
  switch (step.kind) {
    case 'let-go':
      return { also: [{ kind: 'eviction', nodeId: step.nodeId }] };
    case 'release-node':
      return step.nodeId === null ? {} : { also: [{ kind: 'eviction', nodeId: step.nodeId }] };
    case 'free-name':
      return { spec: { ...spec, name: step.filedAs }, also: [{ kind: 'filed' }] };
    default:
      return {};
  }
}
