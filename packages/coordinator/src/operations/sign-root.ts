import { failure } from '@picket/shared/errors.ts';
import { happening } from '@picket/shared/events/event.ts';
import { admissionDue } from '../model/admission-due.ts';
import { rootLifetime } from '../model/waits.ts';
import type { Operation } from './operation.ts';

/**
 * Records that the founder gets a certificate for etcd's root, before it is signed: one for each order to give Picket its etcd user, and
 * to nobody else. Throws `purpose_not_wanted`.
 *
 * @param member whose node requests it; null: it is no member
 */
export function signRoot(member: string | null): Operation {
  return {
    decide({ progress }) {
      const due = admissionDue(progress);
      const { admission } = progress.authentication;
      if (due === null || admission === undefined || due.executor !== member || due.signed)
        throw failure('purpose_not_wanted', { purpose: 'root' });
      return {
        progress: {
          ...progress,
          authentication: { ...progress.authentication, admission: { ...admission, signed: true } },
        },
        events: [happening('root-certificate', { member: due.executor, minutes: rootLifetime / 60_000 })],
        result: undefined,
      };
    },
  };
}
