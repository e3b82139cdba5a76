import { failure } from '@picket/shared/errors.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { said } from '../../../../../test/support/said.ts';
import { stepFailure } from '../../../src/reconcile/apply/step-failure.ts';

const step = { kind: 'stop-etcd', of: 'silent', why: reason('files_change') } as const;

t.test('a step that fails with an error of Picket is reported with its code and facts', async (t) => {
  const why = stepFailure({ step, error: failure('restart_refused', { reason: reason('follows_again') }) });
  const details = { reason: reason('follows_again') };
  t.strictSame(
    why,
    reason('step_failed', { step: 'stop-etcd', why: reason('picket_error', { error: 'restart_refused', details }) }),
  );
});

t.test('a step that fails with another error is reported with its message', async (t) => {
  const why = stepFailure({ step, error: new Error('EIO.') });
  t.strictSame(why, reason('step_failed', { step: 'stop-etcd', why: said('EIO.') }));
});
