import { errorTable } from '@picket/shared/errors/table.ts';
import { type ErrorCode, failure, PicketError, reasonOf } from '@picket/shared/errors.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import { errorsDocument } from '../../../scripts/docs/errors.ts';

const codes = Object.keys(errorTable) as ErrorCode[];

t.test('each code is in a row of the document', async (t) => {
  const document = errorsDocument();
  for (const code of codes) t.ok(document.includes(`| \`${code}\` |`), code);
});

t.test('a message and a hint are whole sentences', async (t) => {
  for (const code of codes) {
    const { message, hint } = errorTable[code];
    // A message may end with a list of problems, which ends as they end.
    t.match(message, /^\S.*[.})]$/s, `the message of ${code}`);
    t.match(hint, /^\S.*[.})]$/s, `the hint of ${code}`);
  }
});

t.test('the facts of the case stand in the message, and go along', async (t) => {
  const error = failure('token_expired', { tokenId: 'abcdefgh', expiredAt: '2026-01-01T00:00:00.000Z' });
  t.ok(error instanceof PicketError);
  t.equal(
    error.message,
    'The join token abcdefgh has not been valid since 2026-01-01T00:00:00.000Z: it expired, or was revoked.',
  );
  t.same(error.toWire(), {
    code: 'token_expired',
    message: 'The join token abcdefgh has not been valid since 2026-01-01T00:00:00.000Z: it expired, or was revoked.',
    hint: 'Make a new one: `picket token create CLUSTER`. The option --ttl makes a token valid for longer. `picket events` shows a revocation.',
    details: { tokenId: 'abcdefgh', expiredAt: '2026-01-01T00:00:00.000Z' },
  });
});

t.test('a placeholder is filled once, and what fills it is not filled again', async (t) => {
  const error = failure('not_found', { what: 'cluster', name: '{what}' });
  t.equal(error.message, 'The cluster {what} does not exist.');
});

t.test('a reason that ends as a question gets no full stop after it', async (t) => {
  const { message } = failure('coordinator_unreachable', { url: 'https://c:7443', reason: 'is it running?' });
  t.equal(message, 'The coordinator at https://c:7443 cannot be reached: is it running?');
});

t.test('an error within a reason keeps its code and its facts, those of another version too', async (t) => {
  const inner = failure('snapshot_damaged', { id: 's-1', problem: reason('copy_gone', { object: 's3://b/s-1' }) });
  const why = reasonOf(inner);
  t.same(JSON.parse(JSON.stringify(why)), {
    code: 'picket_error',
    facts: {
      error: 'snapshot_damaged',
      details: { id: 's-1', problem: { code: 'copy_gone', facts: { object: 's3://b/s-1' } } },
    },
  });
  t.equal(inWords(why), inner.message);
  t.equal(inWords({ code: 'picket_error', facts: { error: 'of_tomorrow', details: {} } }), 'of_tomorrow');
  t.equal(inWords({ code: 'picket_error', facts: { error: 'constructor', details: {} } }), 'constructor');
  t.same(reasonOf(new Error('EIO')), { code: 'error_says', facts: { text: 'EIO' } });
  const said = reasonOf(new Error('etcdctl --user root:canary failed'));
  t.same(said.facts, { text: 'etcdctl --user root:… failed' }, 'R11: of what another program said, no secret');
});
