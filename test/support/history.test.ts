import t from 'tap';
import { checkHistory, longestGap, type Operation, printHistory, type Rule } from './history.ts';

/** An operation from `invoked` to `returned`; its revision is a hundred more than its value unless given. */
function operation(kind: 'put' | 'read', value: number, times: readonly [number, number | null], more = {}): Operation {
  const [invoked, returned] = times;
  const revision = value === 0 ? 0 : 100 + value;
  const plain = { key: 'k', outcome: 'ok', clusterId: 'abc', endpoint: 'https://m-1', problem: null } as const;
  return { ...plain, kind, value, revision, invoked, returned, ...more };
}
const put = operation.bind(null, 'put');
const read = operation.bind(null, 'read');
const unknown = { outcome: 'unknown', clusterId: null, revision: 0, problem: 'no answer' } as const;
const failed = { outcome: 'failed', clusterId: null, revision: 0, problem: 'refused' } as const;

function rules(history: readonly Operation[], final: Operation): Rule[] {
  return checkHistory(history, [final]).map(({ rule }) => rule);
}

const accepted: Record<string, [history: Operation[], final: Operation]> = {
  'puts and reads one after another': [
    [read(0, [0, 1]), put(1, [2, 3]), read(1, [4, 5]), put(2, [6, 7])],
    read(2, [9, 10]),
  ],
  'a read beside a put that finds the old value': [
    [put(1, [0, 1]), put(2, [2, 9]), read(1, [3, 4])],
    read(2, [10, 11]),
  ],
  'a read beside a put that finds the new value': [
    [put(1, [0, 1]), put(2, [2, 9]), read(2, [3, 4])],
    read(2, [10, 11]),
  ],
  'two reads beside a put, the one that began later and overlaps finds the old value': [
    [put(1, [0, 1]), put(2, [2, 9]), read(2, [3, 6]), read(1, [4, 7])],
    read(2, [10, 11]),
  ],
  'an unknown put that did not happen': [[put(1, [0, 1]), put(2, [2, 3], unknown)], read(1, [4, 5])],
  'an unknown put that did happen': [[put(1, [0, 1]), put(2, [2, 3], unknown)], read(2, [4, 5])],
  'an unknown put that happens after it was given up': [
    [put(1, [0, 1]), put(2, [2, 3], unknown), read(1, [4, 5]), read(2, [6, 7])],
    read(2, [8, 9]),
  ],
  'a put that was never heard of again': [[put(1, [0, 1]), put(2, [2, null], unknown)], read(2, [4, 5])],
  'a read without an answer': [[put(1, [0, 1]), read(0, [2, 3], unknown)], read(1, [4, 5])],
  'a failed put': [[put(1, [0, 1]), put(2, [2, 3], failed)], read(1, [4, 5])],
  'a revision that other keys have raised': [
    [put(1, [0, 1]), put(2, [2, 3], { revision: 900 })],
    read(2, [4, 5], { revision: 900 }),
  ],
  'nothing at all written': [[read(0, [0, 1])], read(0, [2, 3])],
};
for (const [name, [history, final]] of Object.entries(accepted)) {
  t.test(`accepted: ${name}`, async (t) => t.strictSame(checkHistory(history, [final]), []));
}

const refused: Record<string, [rules: Rule[], history: Operation[], final: Operation]> = {
  'the last acknowledged write is gone': [['lost'], [put(1, [0, 1]), put(2, [2, 3])], read(1, [4, 5])],
  'everything is gone': [['lost'], [put(1, [0, 1])], read(0, [4, 5])],
  'a value that was read is gone, though its put is unknown': [
    ['lost'],
    [put(1, [0, 1]), put(2, [2, 3], unknown), read(2, [4, 5])],
    read(1, [6, 7]),
  ],
  'a read finds less than was acknowledged before it': [
    ['stale'],
    [put(1, [0, 1]), put(2, [2, 3]), read(1, [4, 5])],
    read(2, [6, 7]),
  ],
  'a read finds less than an earlier read, both beside the put': [
    ['stale'],
    [put(1, [0, 1]), put(2, [2, 9]), read(2, [3, 4]), read(1, [5, 6])],
    read(2, [10, 11]),
  ],
  'a read finds nothing after a write': [['stale'], [put(1, [0, 1]), read(0, [2, 3])], read(1, [4, 5])],
  'a write lost for a time': [
    ['stale', 'stale'],
    [put(1, [0, 1]), read(0, [2, 3]), read(0, [4, 5]), put(2, [6, 7])],
    read(2, [8, 9]),
  ],
  'a value nobody put': [['never written', 'never written'], [put(1, [0, 1]), read(7, [2, 3])], read(7, [4, 5])],
  'a value read before it was put': [
    ['never written'],
    [put(1, [0, 1]), read(2, [2, 3]), put(2, [4, 5])],
    read(2, [6, 7]),
  ],
  'a put that failed and is there': [['never written'], [put(1, [0, 1]), put(2, [2, 3], failed)], read(2, [4, 5])],
  'a later write of a lower revision': [
    ['out of order'],
    [put(1, [0, 1]), put(2, [2, 3], { revision: 50 })],
    read(2, [4, 5], { revision: 50 }),
  ],
  'two writes of one revision': [
    ['out of order'],
    [put(1, [0, 1]), put(2, [2, 3], { revision: 101 })],
    read(2, [4, 5], { revision: 101 }),
  ],
  'one write under two revisions: it was put again': [
    ['out of order'],
    [put(1, [0, 1])],
    read(1, [2, 3], { revision: 160 }),
  ],
  'another cluster, twice': [
    ['other cluster'],
    [put(1, [0, 1]), put(2, [2, 3], { clusterId: 'def' }), put(3, [4, 5], { clusterId: 'def' })],
    read(3, [6, 7]),
  ],
  'another cluster at the end': [['other cluster'], [put(1, [0, 1])], read(1, [2, 3], { clusterId: 'def' })],
};
for (const [name, [expected, history, final]] of Object.entries(refused)) {
  t.test(`refused: ${name}`, async (t) => t.strictSame(rules(history, final), expected));
}

t.test('the words name both sides of a contradiction', async (t) => {
  const [finding] = checkHistory([put(1, [0, 1]), put(2, [2, 3.25])], [read(1, [4, 5])]);
  t.equal(
    finding?.words,
    'read of k = 1 at 4.0 to 5.0 ms through https://m-1: ok, revision 101, though before it: ' +
      'put of k = 2 at 2.0 to 3.3 ms through https://m-1: ok, revision 102',
  );
});

t.test('each key is judged alone', async (t) => {
  const history = [put(5, [0, 1]), put(1, [0, 2], { key: 'other' })];
  t.strictSame(checkHistory(history, [read(5, [3, 4]), read(1, [3, 4], { key: 'other' })]), []);
  const findings = checkHistory(history, [read(5, [3, 4]), read(0, [3, 4], { key: 'other' })]);
  t.match(findings, [{ rule: 'lost', words: /^read of other = 0/ }]);
});

t.test('what is not a history of single writers with a known end is not judged', async (t) => {
  const end = [read(2, [8, 9])];
  t.throws(() => checkHistory([put(1, [0, 3]), put(2, [2, 4])], end), { message: /not of one writer/ });
  t.throws(() => checkHistory([put(2, [0, 1]), put(2, [2, 4])], end), { message: /rising values/ });
  t.throws(() => checkHistory([put(1, [0, 1])], []), { message: /final state of k is missing/ });
  t.throws(() => checkHistory([put(1, [0, 1])], [read(0, [2, 3], unknown)]), { message: /missing/ });
});

t.test('the longest gap is between acknowledged puts alone', async (t) => {
  const history = [put(1, [0, 1]), put(2, [2, 5], unknown), read(1, [6, 7]), put(3, [8, 9]), put(4, [10, 12])];
  t.equal(longestGap(history), 8);
  t.equal(longestGap(history, 100), 88);
  t.equal(longestGap([]), 0);
  t.equal(longestGap([], 100), 0);
});

t.test('a long history is judged', async (t) => {
  const history = Array.from({ length: 50_000 }, (_, index) => [
    put(index + 1, [4 * index, 4 * index + 1]),
    read(index + 1, [4 * index + 2, 4 * index + 3]),
  ]).flat();
  t.strictSame(checkHistory(history, [read(50_000, [1e6, 1e6 + 1])]), []);
  t.equal(longestGap(history), 4);
});

t.test('a printed history is in the order of invocation', async (t) => {
  const lines = printHistory([put(2, [2, 3], unknown), put(1, [0, 1]), put(3, [4, null], unknown)]).split('\n');
  t.strictSame(lines, [
    'put of k = 1 at 0.0 to 1.0 ms through https://m-1: ok, revision 101',
    'put of k = 2 at 2.0 to 3.0 ms through https://m-1: unknown (no answer)',
    'put of k = 3 at 4.0 through https://m-1: unknown (no answer)',
  ]);
});
