import type { Mutant } from './mutant.ts';

const caughtBy = 'packages/coordinator/test/api/idempotency.test.ts';
const source = 'packages/coordinator/src/idempotency/idempotent-requests.ts';
const repository = 'packages/coordinator/src/inventory/idempotent-requests.ts';

export const idempotency: readonly Mutant[] = [
  {
    id: 'keeps-answers-in-the-clear',
    rule: 'R11',
    does: 'stores join strings and login strings as they were answered',
    file: source,
    find: "box.close(text, purposeOf('answer', request))",
    replace: 'text',
    caughtBy,
  },
  {
    id: 'answers-the-next-of-the-name',
    rule: 'R11',
    does: 'gives the answers of a revoked operator to the next one of its name',
    file: 'packages/coordinator/src/identity/operators.ts',
    find: '    await store.idempotentRequests.removeOf(operatorUri(name));',
    replace: '',
    caughtBy,
  },
  {
    id: 'carries-out-what-was-cut-off',
    rule: 'R12',
    does: 'carries out a request again whose result was not stored',
    file: source,
    find: "      throw unknown(key, reason('idempotent_request_cut_off'));",
    replace: '      return null as never;',
    caughtBy,
  },
  {
    id: 'forgets-what-failed-after-its-change',
    rule: 'R12',
    does: 'carries out a request again that failed after its change was stored',
    file: 'packages/coordinator/src/api/idempotency-key.ts',
    find: 'if (status >= 400 && status !== 500) return null;',
    replace: 'if (status >= 400) return null;',
    caughtBy,
  },
  {
    id: 'answers-another-request',
    rule: 'R12',
    does: 'answers a request as another one with the same key was answered',
    file: source,
    find: "if (asked !== request.fingerprint) throw failure('idempotency_key_reused', { key });",
    replace: '',
    caughtBy,
  },
  {
    id: 'keeps-every-answer',
    rule: 'R18',
    does: 'keeps any number of answers of one operator',
    file: repository,
    find: '.offset(most),',
    replace: '.offset(most + 1_000_000),',
    caughtBy: 'packages/coordinator/test/inventory/repositories.test.ts',
  },
  {
    id: 'keeps-large-answers',
    rule: 'R18',
    does: 'stores answers of any size',
    file: source,
    find: 'text.length > mostAnswerCharacters ? tooLarge : ',
    replace: '',
    caughtBy,
  },
  {
    id: 'opens-answers-of-others',
    rule: 'R11',
    does: 'opens an answer that was stored for another operator or key',
    file: source,
    find: '{ operator, key }: IdempotencyKey): string {',
    replace: '{ operator, key }: IdempotencyKey): string { if (operator !== key) return what;',
    caughtBy,
  },
  {
    id: 'keeps-answers-for-ever',
    rule: 'R18',
    does: 'keeps answers for longer than their time',
    file: 'packages/coordinator/src/retention/remove-old-records.ts',
    find: '    await whileAny(() => idempotentRequests.removeBefore(now() - dayMs, atOnce));',
    replace: '',
    caughtBy,
  },
];
