import { failure } from '@picket/shared/errors.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { stepFailure } from '../../../src/reconcile/apply/step-failure.ts';

const step = { kind: 'stop-etcd', of: 'silent', why: reason('files_change') } as const;

t.test('a step that fails with an error of Picket is reported with its code and facts', async (t) => {
  const why = stepFailure({ step, error: failure('restart_refused', { reason: reason('follows_again') }) });
  t.match(why.facts, {
    step: 'stop-etcd',
    why: {
      code: 'picket_error',
      facts: { error: 'restart_refused', details: { reason: { code: 'follows_again', facts: {} } } },
    },
  });
  t.equal(
    inWords(why),
    'etcd could not be stopped: etcd was not restarted: it follows a leader again, and stopping it now needs a permit',
  );
});

t.test('a step that fails with another error is reported with its message', async (t) => {
  const why = stepFailure({ step, error: new Error('EIO.') });
  t.match(why.facts, { why: { code: 'error_says', facts: { text: 'EIO.' } } });
  t.equal(inWords(why), 'etcd could not be stopped: EIO');
});
