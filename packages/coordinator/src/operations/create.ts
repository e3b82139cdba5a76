import { happening } from '@picket/shared/events/event.ts';
import type { Operation } from './operation.ts';

/** Stores a new cluster. Throws `cluster_exists` if the store has one of this name. */
export function create(by: string): Operation {
  return {
    decide: ({ spec }) => ({
      by,
      events: [happening('create', { by, members: spec.members.length })],
      also: [{ kind: 'cluster' }],
      result: undefined,
    }),
  };
}
