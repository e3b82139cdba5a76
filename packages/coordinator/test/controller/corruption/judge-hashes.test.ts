import fc from 'fast-check';
import t from 'tap';
import { judgeHashes } from '../../../src/controller/corruption/judge-hashes.ts';
import type { VoterHash } from '../../../src/model/corruption-progress.ts';

const at = (member: string, hash: string, revision = 40, compactRevision = 30): VoterHash => ({
  member,
  hash: hash.repeat(8),
  revision,
  compactRevision,
});

for (const [what, all, hashes, finding, differing] of [
  ['three of three agree', 3, [at('a', '1'), at('b', '1'), at('c', '1')], 'agree', []],
  ['one of one agrees', 1, [at('a', '1')], 'agree', []],
  ['one of three differs', 3, [at('a', '1'), at('b', '2'), at('c', '1')], 'named', ['b']],
  ['two of five differ', 5, [...'aabbb'].map((hash, index) => at(`m${index}`, hash)), 'named', ['m0', 'm1']],
  ['one of two differs', 2, [at('a', '1'), at('b', '2')], 'undecided', []],
  ['two of four differ', 4, [...'aabb'].map((hash, index) => at(`m${index}`, hash)), 'undecided', []],
  ['each of three differs', 3, [at('a', '1'), at('b', '2'), at('c', '3')], 'undecided', []],
  ['one of three is silent, and two differ', 3, [at('a', '1'), at('b', '2')], 'undecided', []],
  ['one of three is silent, and two agree', 3, [at('a', '1'), at('b', '1')], 'undecided', []],
  ['two of five are silent, and one differs', 5, [at('a', '1'), at('b', '1'), at('c', '2')], 'undecided', []],
  ['one is of another revision', 3, [at('a', '1'), at('b', '1'), at('c', '2', 41)], 'undecided', []],
  ['one is of another compaction', 3, [at('a', '1'), at('b', '1'), at('c', '2', 40, 20)], 'undecided', []],
  ['nobody answers', 3, [], 'undecided', []],
] as const) {
  t.test(`R3 R16: ${what}`, async (t) => {
    t.match(judgeHashes(all, hashes), { finding, differing });
    t.same(judgeHashes(all, hashes).differing, differing);
  });
}

const voter = fc.record({
  hash: fc.constantFrom('aaaaaaaa', 'bbbbbbbb', 'cccccccc'),
  revision: fc.constantFrom(40, 41),
  compactRevision: fc.constantFrom(-1, 30),
});

t.test(
  'R3 R16: a named member differs from a majority of all voters, and no member of that majority is named',
  async () => {
    fc.assert(
      fc.property(fc.array(voter, { maxLength: 9 }), fc.nat({ max: 4 }), (answers, silent) => {
        const hashes = answers.map((answer, index) => ({ ...answer, member: `m${index}` }));
        const all = hashes.length + silent;
        const { finding, agreeing, differing } = judgeHashes(all, hashes);
        const of = (name: string) => hashes.find(({ member }) => member === name);
        const [first = ''] = agreeing;
        const major = of(first);
        const isMajority = agreeing.length * 2 > all;
        const isAlike = agreeing.every(
          (name) => JSON.stringify({ ...of(name), member: '' }) === JSON.stringify({ ...major, member: '' }),
        );
        const isProven = differing.every(
          (name) =>
            of(name)?.hash !== major?.hash &&
            of(name)?.revision === major?.revision &&
            of(name)?.compactRevision === major?.compactRevision &&
            !agreeing.includes(name),
        );
        if (finding === 'undecided') return differing.length === 0 && (agreeing.length === 0 || isMajority);
        if (finding === 'agree') return agreeing.length === all && isAlike && differing.length === 0;
        return isMajority && isAlike && isProven && differing.length > 0;
      }),
      { numRuns: 2000 },
    );
  },
);

t.test('the order of the answers does not matter', async () => {
  fc.assert(
    fc.property(fc.array(voter, { maxLength: 7 }), fc.nat({ max: 2 }), (answers, silent) => {
      const hashes = answers.map((answer, index) => ({ ...answer, member: `m${index}` }));
      const one = judgeHashes(hashes.length + silent, hashes);
      const other = judgeHashes(hashes.length + silent, [...hashes].reverse());
      return one.finding === other.finding && one.differing.join() === [...other.differing].reverse().join();
    }),
  );
});
